/** The state of goidspan at one moment, in the terms of its metrics. Pure but for the functions that it is given. */
import type { Attributes } from '@opentelemetry/api';
import type { ExportTally, Transfers } from '../export/export-tally.ts';
import type { TracerStats } from '../tracer/api.ts';
import type { Observed, ObservedSink } from './observed.ts';

type ByReason = Readonly<Record<string, number>>;

export interface ProcessorFacts {
  readonly attributes: Attributes;
  /** Spans that wait and were never tried. */
  readonly queued: number;
  /** In spans; undefined when the queue is bounded by its bytes alone. */
  readonly capacity?: number;
  /** Spans that went on to the exporter. */
  readonly passedOn: number;
  /** Spans that were refused at the door. */
  readonly refusedByReason: ByReason;
}

export interface ExporterFacts {
  readonly attributes: Attributes;
  /** Spans that were tried, back-off included, or that a mere exporter holds. */
  readonly inFlight: number;
  readonly exported: number;
  readonly failedByReason: ByReason;
  readonly queueBytes: number;
  readonly queueBytesMax: number;
  readonly transfers: Transfers;
}

export interface Facts {
  readonly processor?: ProcessorFacts;
  readonly exporter?: ExporterFacts;
  readonly tracer?: { readonly attributes: Attributes; readonly stats: TracerStats };
}

/** The same for the whole life of what is observed. */
export interface Identity {
  readonly processor: Attributes;
  readonly exporter: Attributes;
  readonly tracer: Attributes;
}

/** Losses before anything was tried; all others are failures of the exporter. */
const AT_THE_DOOR = new Set(['queue_full', 'closed', 'not_a_span', 'too_large']);
/** No failure: as it was decided. */
const NOT_WANTED = 'not_sampled';

export function factsOf({ sink, tracerStats }: Observed, identity: Identity, tally: ExportTally): Facts {
  const stats = tracerStats?.();
  return {
    ...(sink && factsOfSink(sink, identity, tally)),
    ...(stats && { tracer: { attributes: identity.tracer, stats } }),
  };
}

function factsOfSink(sink: ObservedSink, identity: Identity, tally: ExportTally): Facts {
  const { handed, exported, lostByReason } = sink.counts();
  const { [NOT_WANTED]: notWanted = 0, ...failures } = lostByReason;
  const open = Math.max(0, handed - notWanted - exported - sum(failures));
  const queue = sink.otlp?.queue();
  const isProcessor = sink.component === 'processor';
  const inFlight = isProcessor ? Math.min(open, queue?.triedSpans ?? 0) : open;
  const atTheDoor = isProcessor ? select(failures, (reason) => AT_THE_DOOR.has(reason)) : {};
  const { maxQueueSize = Infinity } = sink.otlp?.settings ?? {};
  return {
    ...(isProcessor && {
      processor: {
        attributes: identity.processor,
        queued: open - inFlight,
        ...(maxQueueSize < Infinity && { capacity: maxQueueSize }),
        passedOn: exported + sum(failures) - sum(atTheDoor) + inFlight,
        refusedByReason: atTheDoor,
      },
    }),
    ...(sink.otlp &&
      queue && {
        exporter: {
          attributes: identity.exporter,
          inFlight,
          exported,
          failedByReason: select(failures, (reason) => !(reason in atTheDoor)),
          queueBytes: queue.bytes,
          queueBytesMax: sink.otlp.settings.delivery.queueBytesMax,
          transfers: tally.transfers(),
        },
      }),
  };
}

function select(counts: ByReason, isWanted: (reason: string) => boolean): ByReason {
  return Object.fromEntries(Object.entries(counts).filter(([reason]) => isWanted(reason)));
}

function sum(counts: ByReason): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
