/** Finds spans in parts of segments, by their trace or by where they are, and hands them out with their bytes. */

import { type Surroundings, surroundingsOf } from './decode-span.ts';
import { type ScannedSpan, type SpanVisitor, scanRequest, scanSpanAt } from './scan-request.ts';
import type { Segment } from './segment.ts';
import { traceKeyAt } from './span-rows.ts';

/** `span` is the same object each time: to be read at once. */
export type OnSpan = (bytes: Uint8Array, span: ScannedSpan, around: Surroundings) => void;

/** The spans of a trace, the oldest segment first. One that came twice is handed out twice. */
export function eachSpanOfTrace(segments: readonly Segment[], traceId: Uint8Array, onSpan: OnSpan): void {
  const key = traceKeyAt(traceId, 0);
  for (const segment of segments) {
    for (const chunk of segment.chunksOfTrace(key)) eachOf(segment.chunk(chunk), traceId, onSpan);
  }
}

function eachOf(bytes: Uint8Array, traceId: Uint8Array, onSpan: OnSpan): void {
  let around: Surroundings | undefined;
  let from = 0;
  const visitor: SpanVisitor = {
    span: (span) => {
      for (let index = 0; index < traceId.length; index++)
        if (bytes[span.traceIdAt + index] !== traceId[index]) return;
      // Spans come in their order: what stands before the last one is not looked through again.
      if (around && span.at >= around.resourceSpans.to) from = around.resourceSpans.to;
      if (!around || span.at >= around.scopeSpans.to) around = surroundingsOf(bytes, span.at, from);
      if (around) onSpan(bytes, span, around);
    },
    refused: () => {},
  };
  scanRequest(bytes, visitor);
}

/** Unpacks each part once, as long as it is among the last few that were asked for. */
export class Chunks {
  readonly #segment: Segment;
  readonly #kept = new Map<number, Uint8Array>();

  constructor(segment: Segment) {
    this.#segment = segment;
  }

  get(chunk: number): Uint8Array {
    let bytes = this.#kept.get(chunk);
    if (bytes === undefined) {
      bytes = this.#segment.chunk(chunk);
      const [oldest] = this.#kept.keys();
      if (this.#kept.size >= CHUNKS_KEPT && oldest !== undefined) this.#kept.delete(oldest);
      this.#kept.set(chunk, bytes);
    }
    return bytes;
  }

  /** The span that begins there. */
  at(chunk: number, offset: number, onSpan: OnSpan): void {
    const bytes = this.get(chunk);
    const around = surroundingsOf(bytes, offset);
    if (around) scanSpanAt(bytes, around, offset, (span) => onSpan(bytes, span, around));
  }
}

const CHUNKS_KEPT = 8;
