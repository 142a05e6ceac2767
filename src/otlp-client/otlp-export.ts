/**
 * The OTLP exporter, wherever it runs: here, in the draining thread, or both, when spans come from both. Owns the sum;
 * each part has its own queue and its own connection.
 */
import type { SpanFact } from '../correlate/fact.ts';
import { type ExportCountsSnapshot, NO_COUNTS } from '../export/export-counts.ts';
import { ExportTally, type Transfers } from '../export/export-tally.ts';
import type { ExportSink, FactSink, TakesStacks } from '../export/span-sink.ts';
import type { ReadableSpan } from '../span/readable-span.ts';
import type { SpanSource } from '../span/span-source.ts';
import type { StackSink } from '../span/span-stacks.ts';
import { createOtlpSink } from './create-otlp-sink.ts';
import { type DeliveryState, NO_REQUESTS } from './delivery.ts';
import type { OtlpSink } from './otlp-sink.ts';
import type { OtlpSinkHooks, OtlpSinkPlan, OtlpSinkSettings } from './otlp-sink-settings.ts';

/** The part in the draining thread. */
export type RemotePart = Pick<OtlpSink, 'counts' | 'queue' | 'forceFlush' | 'shutdown'>;

export class OtlpExport implements ExportSink, FactSink, TakesStacks {
  readonly name: string;
  /** Undefined: nothing leaves over the wire, and each part has settings of its own. */
  readonly settings: OtlpSinkSettings | undefined;
  /** Also told what happens in the other thread. */
  readonly hooks: OtlpSinkHooks;
  /** Only where nothing leaves over the wire. */
  readonly stacks: StackSink | undefined;
  readonly #settingsOfPart: () => OtlpSinkPlan['settings'];
  readonly #tally = new ExportTally();
  #local: OtlpSink | undefined;
  #remote: RemotePart | undefined;

  /** `settings`, or what makes those of each part, where no two can have the same. */
  constructor(
    settings: OtlpSinkSettings | { readonly name: string; readonly ofPart: () => OtlpSinkPlan['settings'] },
    hooks: OtlpSinkHooks,
  ) {
    this.name = settings.name;
    this.settings = 'ofPart' in settings ? undefined : settings;
    this.#settingsOfPart = 'ofPart' in settings ? settings.ofPart : () => settings;
    this.stacks =
      this.settings === undefined
        ? { onStacks: (stacks) => this.#here().stacks?.onStacks(stacks) }
        : undefined;
    this.hooks = {
      onFailure: hooks.onFailure,
      onEvent: (event) => {
        this.#tally.add(event);
        hooks.onEvent(event);
      },
    };
  }

  /** Of the part in another thread. */
  plan(): OtlpSinkPlan {
    return { kind: 'otlp', settings: this.#settingsOfPart() };
  }

  /** From now on another thread exports as well; what is handed over here still leaves from here. */
  extendTo(remote: RemotePart): void {
    this.#remote = remote;
  }

  onEnd(span: ReadableSpan): void {
    this.#here().onEnd(span);
  }

  onFact(fact: SpanFact, source: SpanSource): void {
    this.#here().onFact(fact, source);
  }

  async forceFlush(deadlineMs?: number): Promise<void> {
    await Promise.all(this.#parts().map((part) => part.forceFlush(deadlineMs)));
  }

  async shutdown(deadlineMs?: number): Promise<void> {
    // A span that comes later is counted by a part that is closed.
    this.#here();
    await Promise.all(this.#parts().map((part) => part.shutdown(deadlineMs)));
  }

  counts(): ExportCountsSnapshot {
    return this.#parts()
      .map((part) => part.counts())
      .reduce(sumOfCounts, NO_COUNTS);
  }

  /** What went over the wire. */
  transfers(): Transfers {
    return this.#tally.transfers();
  }

  /** Of what waits and is under way. */
  get queue(): DeliveryState {
    return this.#parts()
      .map((part) => part.queue)
      .reduce(sumOfQueues, NO_REQUESTS);
  }

  #here(): OtlpSink {
    this.#local ??= createOtlpSink(this.#settingsOfPart(), this.hooks);
    return this.#local;
  }

  #parts(): RemotePart[] {
    return [this.#local, this.#remote].filter((part) => part !== undefined);
  }
}

function sumOfCounts(a: ExportCountsSnapshot, b: ExportCountsSnapshot): ExportCountsSnapshot {
  const lostByReason: Record<string, number> = { ...a.lostByReason };
  for (const [reason, spans] of Object.entries(b.lostByReason)) {
    lostByReason[reason] = (lostByReason[reason] ?? 0) + spans;
  }
  return { handed: a.handed + b.handed, exported: a.exported + b.exported, lostByReason };
}

function sumOfQueues(a: DeliveryState, b: DeliveryState): DeliveryState {
  return {
    requests: a.requests + b.requests,
    spans: a.spans + b.spans,
    triedSpans: a.triedSpans + b.triedSpans,
    bytes: a.bytes + b.bytes,
    bytesHighWater: a.bytesHighWater + b.bytesHighWater,
    inFlight: a.inFlight + b.inFlight,
    isAway: a.isAway || b.isAway,
  };
}
