/** Makes the spans of a recording again: the same objects that the tracer made, from the same records. */

import { completed } from '../correlate/unfinished.ts';
import type { KeepRules } from '../export/keep-rules.ts';
import { samplerOf } from '../export/sampler.ts';
import type { SpanSink } from '../export/span-sink.ts';
import type { BatchFrame, EndFrame, Frame, SpanFrame, StartFrame } from '../recording/format.ts';
import { type RecordingEnd, readRecording } from '../recording/read-recording.ts';
import type { StatementForm } from '../span/statement-form.ts';
import type { WaitForm } from '../span/wait-form.ts';
import type { CodeSink } from '../stage/code-sink.ts';
import type { SpanCounts } from '../stage/counters.ts';
import { SpanStage } from '../stage/span-stage.ts';
import type { JudgedRequest } from '../stage/verdicts.ts';
import { batchOf } from '../wire/batch.ts';
import type { RecordVisitor } from '../wire/decode.ts';
import type { TargetInfo } from './api.ts';

export interface ReplayOptions {
  /** Names the recording in errors. */
  readonly name: string;
  readonly processors: readonly SpanSink[];
  /** How statements to databases are told. Default `sanitized`. */
  readonly dbStatement?: StatementForm | undefined;
  /** Calls that send the program's own telemetry have spans as well. Default false. */
  readonly telemetryExports?: boolean | undefined;
  /** How waits within spans are told. Default `spans`. */
  readonly waits?: WaitForm | undefined;
  /** Requests that take as long, in milliseconds, are slow. Default: see `SlowRequests`. */
  readonly slowMillis?: number | undefined;
  /** Routes of requests that have none, as patterns without fault. Default: there are none. */
  readonly routes?: readonly string[] | undefined;
  /** Which traces are kept of those that were recorded. Default: all. */
  readonly keep?: KeepRules | undefined;
  /** Told of each request whose time is known: recorded at level `waits` or deeper. */
  readonly onRequest?: ((request: JudgedRequest) => void) | undefined;
  /** Takes every sample and every wait with its code: recorded at level `cpu`. */
  readonly codeSink?: CodeSink | undefined;
  /** Called in turn while spans are made, so that the processors can follow; default 512 spans. */
  readonly flushEverySpans?: number;
  readonly onTarget?: (target: TargetInfo) => void;
  /** Asked before each frame: true ends the replay there. */
  readonly isStopped?: () => boolean;
}

/** What a recording came to. */
export interface Replayed {
  readonly recordedBy: string;
  readonly startedAt: string;
  /** `stopped`: on request. */
  readonly end: RecordingEnd | 'stopped';
  readonly batches: number;
  readonly spans: Readonly<SpanCounts>;
  /** Spans, waits not among them, of traces that were not to be kept. */
  readonly notKept: number;
  /** Calls that sent the program's own telemetry, and have no spans. */
  readonly telemetryExports: number;
  /** Spans or records that were in the file and made no span. */
  readonly lost: Readonly<Record<string, number>>;
  /** What the tracer had counted when the recording was ended. */
  readonly recorded: EndFrame | undefined;
}

/** Streams; holds one frame at a time. Throws `bad_recording`. */
export async function replay(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: ReplayOptions,
): Promise<Replayed> {
  const frames = readRecording(chunks, options.name);
  const replayer = new Replayer(options);
  for (;;) {
    const { done, value } = await frames.next();
    if (done) return replayer.result(value);
    if (options.isStopped?.()) {
      await frames.return('complete');
      return replayer.result('stopped');
    }
    await replayer.take(value);
  }
}

class Replayer {
  readonly #options: ReplayOptions;
  #stage: SpanStage;
  #start: StartFrame | undefined;
  #recorded: EndFrame | undefined;
  #batches = 0;
  readonly #targets = new Set<number>();
  #unflushed = 0;

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.#stage = this.#newStage({});
  }

  async take(frame: Frame): Promise<void> {
    switch (frame.kind) {
      case 'start':
        this.#start = frame;
        this.#stage = this.#newStage(frame.about);
        this.#stage.scope = frame.scope;
        return;
      case 'batch':
      case 'span':
        if (frame.kind === 'batch') this.#batches++;
        await this.#emitAll(frame);
        return;
      case 'end':
        this.#recorded = frame;
        return;
      case 'target': {
        const { kind: _, attributes: __, waitMinNs: ___, facts: ____, ...target } = frame;
        this.#stage.take(frame);
        // It comes again when more of it becomes known.
        if (!this.#targets.has(target.targetId)) this.#options.onTarget?.(target);
        this.#targets.add(target.targetId);
        return;
      }
      default:
        this.#stage.take(frame);
    }
  }

  result(end: Replayed['end']): Replayed {
    this.#stage.finish();
    return {
      recordedBy: this.#start?.version ?? '',
      startedAt: this.#start?.startedAt ?? '',
      end,
      batches: this.#batches,
      spans: { ...this.#stage.counters.spans },
      notKept: this.#stage.counters.notKept,
      telemetryExports: this.#stage.counters.telemetryExports,
      lost: this.#stage.counters.lost(),
      recorded: this.#recorded,
    };
  }

  /** Sampled as the recording says. */
  #newStage({ sampler, sampler_arg }: StartFrame['about']): SpanStage {
    const { processors, dbStatement, telemetryExports, waits, slowMillis, routes } = this.#options;
    const { onRequest, codeSink, keep: rules } = this.#options;
    const env = { OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: sampler_arg };
    const keep = rules && { rules, sampler: samplerOf(env, () => {}) };
    return new SpanStage({
      ...{ processors, dbStatement, telemetryExports, waits, slowMillis, routes, onRequest, codeSink, keep },
      // They stand in the recording, where they were found.
      askTypeName: () => {},
      askCode: () => {},
    });
  }

  /** One record after the other, so that the processors can follow. */
  async #emitAll(frame: BatchFrame | SpanFrame): Promise<void> {
    const told: (() => void)[] = [];
    const batch = frame.kind === 'span' ? completed(frame.bytes, frame) : batchOf(frame.bytes);
    this.#stage.decode(batch, (kept) => {
      const later = Object.entries(this.#stage.takersOf(kept)).map(([name, take]) => [
        name,
        (record: never) => told.push(() => take(record)),
      ]);
      return Object.fromEntries(later) as RecordVisitor;
    });
    for (const take of told) {
      take();
      if (++this.#unflushed < (this.#options.flushEverySpans ?? 512)) continue;
      this.#unflushed = 0;
      await Promise.all(this.#options.processors.map((processor) => processor.forceFlush()));
    }
  }
}
