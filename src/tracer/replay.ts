/** Makes the spans of a recording again: the same objects that the tracer made, from the same records. */

import type { SpanFact } from '../correlate/fact.ts';
import { spanFact } from '../correlate/span-fact.ts';
import type { SpanSink } from '../export/span-sink.ts';
import type { BatchFrame, EndFrame, Frame, SpanFrame, StartFrame, TargetFrame } from '../recording/format.ts';
import { type RecordingEnd, readRecording } from '../recording/read-recording.ts';
import type { InstrumentationScope } from '../span/readable-span.ts';
import { createResource } from '../span/resource.ts';
import { batchOf } from '../wire/batch.ts';
import { type ClockOffset, unixOf } from '../wire/clock-offset.ts';
import { decodeBatch } from '../wire/decode.ts';
import type { TargetInfo } from './api.ts';
import { Counters } from './counters.ts';
import { LiveCheck } from './live-check.ts';
import { SpanPipeline, type SpanTarget } from './span-pipeline.ts';

export interface ReplayOptions {
  /** Names the recording in errors. */
  readonly name: string;
  readonly processors: readonly SpanSink[];
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
  readonly spans: { readonly server: number; readonly client: number };
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

interface ReplayTarget extends SpanTarget {
  readonly typeNames: Map<number, string>;
}

const NO_SCOPE: InstrumentationScope = { name: '' };

class Replayer {
  readonly #options: ReplayOptions;
  readonly #counters = new Counters();
  readonly #targets = new Map<number, ReplayTarget>();
  readonly #pipeline: SpanPipeline;
  #start: StartFrame | undefined;
  #scope = NO_SCOPE;
  #offset: ClockOffset = [0, 0];
  #recorded: EndFrame | undefined;
  #batches = 0;
  #unflushed = 0;

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.#pipeline = new SpanPipeline({
      processors: options.processors,
      counters: this.#counters,
      targetOf: (targetId) => this.#targets.get(targetId),
    });
  }

  async take(frame: Frame): Promise<void> {
    switch (frame.kind) {
      case 'start':
        this.#start = frame;
        this.#scope = Object.freeze({ ...frame.scope });
        return;
      case 'clock':
        this.#offset = frame.offset;
        return;
      case 'target':
        this.#addTarget(frame);
        return;
      case 'type_name':
        if (frame.name !== null) this.#targets.get(frame.targetId)?.typeNames.set(frame.address, frame.name);
        return;
      case 'batch':
      case 'span':
        if (frame.kind === 'batch') this.#batches++;
        await this.#emitAll(this.#factsOf(frame));
        return;
      case 'forget':
        this.#targets.delete(frame.targetId);
        return;
      case 'end':
        this.#recorded = frame;
    }
  }

  result(end: Replayed['end']): Replayed {
    const { server, client } = this.#counters;
    return {
      recordedBy: this.#start?.version ?? '',
      startedAt: this.#start?.startedAt ?? '',
      end,
      batches: this.#batches,
      spans: { server, client },
      lost: this.#counters.lost(),
      recorded: this.#recorded,
    };
  }

  #addTarget({ kind: _, attributes, ...info }: TargetFrame): void {
    const typeNames = new Map<number, string>();
    this.#targets.set(info.targetId, {
      spans: 0,
      liveCheck: new LiveCheck(),
      typeNames,
      source: {
        resource: createResource(attributes),
        scope: this.#scope,
        clock: { toUnix: (ktime) => unixOf(ktime, this.#offset) },
        errorTypeName: (address) => typeNames.get(address),
      },
    });
    this.#options.onTarget?.(info);
  }

  #factsOf(frame: BatchFrame | SpanFrame): SpanFact[] {
    const unfinished = frame.kind === 'span' ? frame : undefined;
    const facts: SpanFact[] = [];
    decodeBatch(batchOf(frame.bytes), {
      onSpanEnd: (record) => facts.push(spanFact(record, unfinished)),
      onProcessExec: () => {},
      onProcessExit: () => {},
      onBad: (reason) => this.#counters.lose(reason),
    });
    return facts;
  }

  async #emitAll(facts: readonly SpanFact[]): Promise<void> {
    for (const fact of facts) {
      this.#pipeline.emit(fact);
      if (++this.#unflushed < (this.#options.flushEverySpans ?? 512)) continue;
      this.#unflushed = 0;
      await Promise.all(this.#options.processors.map((processor) => processor.forceFlush()));
    }
  }
}
