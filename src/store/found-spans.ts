/** Finds spans in parts of segments, by their trace or by where they are, and hands them out with their bytes. */

import { type Surroundings, surroundingsOf } from './decode-span.ts';
import { type ScannedSpan, type SpanVisitor, scanRequest, scanSpanAt } from './scan-request.ts';
import type { Segment } from './segment.ts';
import { traceKeyAt } from './span-rows.ts';

/** `span` is the same object each time: to be read at once. */
export type OnSpan = (bytes: Uint8Array, span: ScannedSpan, around: Surroundings) => void;

/** Where spans of a trace may be. */
export type TraceChunks = Pick<Segment, 'chunk' | 'chunksOfTrace'>;

/** The spans of a trace, the oldest segment first. One that came twice is handed out twice. */
export function eachSpanOfTrace(segments: readonly TraceChunks[], traceId: Uint8Array, onSpan: OnSpan): void {
  const key = traceKeyAt(traceId, 0);
  for (const segment of segments) {
    for (const chunk of segment.chunksOfTrace(key)) eachOf(segment.chunk(chunk), traceId, onSpan);
  }
}

function eachOf(bytes: Uint8Array, traceId: Uint8Array, onSpan: OnSpan): void {
  const surroundings = new LastSurroundings(bytes);
  const visitor: SpanVisitor = {
    span: (span) => {
      for (let index = 0; index < traceId.length; index++)
        if (bytes[span.traceIdAt + index] !== traceId[index]) return;
      const around = surroundings.of(span.at);
      if (around) onSpan(bytes, span, around);
    },
    refused: () => {},
  };
  scanRequest(bytes, visitor);
}

/** Finds what places stand in; what many of them stand in, one after the other, is found once. */
class LastSurroundings {
  readonly #bytes: Uint8Array;
  #last: Surroundings | undefined;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  of(at: number): Surroundings | undefined {
    const last = this.#last?.scopeSpans;
    if (last === undefined || at < last.from || at >= last.to) this.#last = surroundingsOf(this.#bytes, at);
    return this.#last;
  }
}

interface Unpacked {
  readonly bytes: Uint8Array;
  readonly surroundings: LastSurroundings;
}

/** Unpacks each part once, as long as it is among the last few that were asked for. */
export class Chunks {
  readonly #segment: Segment;
  readonly #kept = new Map<number, Unpacked>();

  constructor(segment: Segment) {
    this.#segment = segment;
  }

  get(chunk: number): Uint8Array {
    return this.#unpacked(chunk).bytes;
  }

  /** The span that begins there. */
  at(chunk: number, offset: number, onSpan: OnSpan): void {
    const { bytes, surroundings } = this.#unpacked(chunk);
    const around = surroundings.of(offset);
    if (around) scanSpanAt(bytes, around, offset, (span) => onSpan(bytes, span, around));
  }

  #unpacked(chunk: number): Unpacked {
    let unpacked = this.#kept.get(chunk);
    if (unpacked === undefined) {
      const bytes = this.#segment.chunk(chunk);
      unpacked = { bytes, surroundings: new LastSurroundings(bytes) };
      const [oldest] = this.#kept.keys();
      if (this.#kept.size >= CHUNKS_KEPT && oldest !== undefined) this.#kept.delete(oldest);
      this.#kept.set(chunk, unpacked);
    }
    return unpacked;
  }
}

const CHUNKS_KEPT = 8;
