/**
 * Stacks of many spans as bytes: on their way to a store, and in it. Frames and stacks are there once, by number. JSON, since it is
 * packed by who keeps it and nothing else of it has to be fast. What is read may be damaged or hostile.
 */
import type { CodeFrame } from '../correlate/code-place.ts';
import type { SeenStack, SpanStacks } from './span-stacks.ts';
import { StackTable } from './stack-table.ts';

/** Numbers of a frame: function, file, line, whether it is inlined. */
const FRAME_NUMBERS = 4;
/** Of something seen: goroutine, use, flags, count, nanoseconds, stack. */
const SEEN_NUMBERS = 6;
const IS_SAMPLE = 1;
const IS_CUT = 2;
/** About what something seen and a span add. */
const [NUMBER_BYTES, SPAN_BYTES] = [6, 64];

interface Written {
  readonly texts: readonly string[];
  readonly frames: readonly number[];
  readonly stacks: readonly (readonly number[])[];
  readonly spans: readonly (readonly [
    traceId: string,
    spanId: string,
    left: number,
    seen: readonly number[],
  ])[];
  /** Samples and waits that got lost before, by why. */
  readonly lost: Readonly<Record<string, number>>;
}

export interface StackBatch {
  readonly spans: readonly SpanStacks[];
  readonly lost: Readonly<Record<string, number>>;
}

/** How many samples and waits there are. */
export const countOf = ({ seen, left }: SpanStacks): number =>
  seen.reduce((sum, { count }) => sum + count, left);

export class StackBatchBuilder {
  #table = new StackTable();
  #spans: Written['spans'][number][] = [];
  #lost: Record<string, number> = {};
  /** Of the spans. */
  #bytes = 0;
  #count = 0;

  /** About so many are in it. */
  get bytes(): number {
    return this.#bytes + this.#table.bytes;
  }

  /** Samples and waits. */
  get count(): number {
    return this.#count;
  }

  /** By why; as it is now. */
  get lost(): Readonly<Record<string, number>> {
    return this.#lost;
  }

  get isEmpty(): boolean {
    return this.#spans.length === 0 && Object.keys(this.#lost).length === 0;
  }

  add(stacks: SpanStacks): void {
    const { traceId, spanId, left, seen } = stacks;
    this.#count += countOf(stacks);
    this.#spans.push([traceId, spanId, left, seen.flatMap((one) => this.#numbersOf(one))]);
    this.#bytes += SPAN_BYTES;
  }

  lose(reason: string, count: number): void {
    if (count > 0) this.#lost[reason] = (this.#lost[reason] ?? 0) + count;
  }

  /** What there is; the next begin anew. */
  take(): Uint8Array {
    const { texts, frames, stacks } = this.#table;
    const written: Written = {
      texts,
      frames: frames.line.flatMap((line, at) => [
        frames.function[at] as number,
        frames.file[at] as number,
        line,
        frames.isInlined[at] as number,
      ]),
      stacks,
      spans: this.#spans,
      lost: this.#lost,
    };
    this.#table = new StackTable();
    this.#spans = [];
    this.#lost = {};
    this.#bytes = 0;
    this.#count = 0;
    return new TextEncoder().encode(JSON.stringify(written));
  }

  #numbersOf({ goid, use, isSample, isCut, count, ns, frames }: SeenStack): number[] {
    const flags = (isSample ? IS_SAMPLE : 0) | (isCut ? IS_CUT : 0);
    this.#bytes += SEEN_NUMBERS * NUMBER_BYTES;
    const table = this.#table;
    return [goid, table.indexOfText(use), flags, count, Math.round(ns), table.indexOf(frames)];
  }
}

/** What is to be known of a batch to keep it; undefined if it is none. The rest is looked at by who reads it. */
export function stackBatchHead(
  bytes: Uint8Array,
): { readonly traceIds: ReadonlySet<string>; readonly lost: StackBatch['lost'] } | undefined {
  try {
    const { spans, lost } = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as Written;
    return {
      traceIds: new Set(spans.map(([traceId]) => needed(traceId, isIdOf(32)))),
      lost: lostOf(lost),
    };
  } catch {
    return undefined;
  }
}

/** Undefined if they are none. */
export function readStackBatch(bytes: Uint8Array): StackBatch | undefined {
  try {
    return batchOf(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as Written);
  } catch {
    return undefined;
  }
}

/** Throws where something is not what it should be. */
function batchOf({ texts, frames, stacks, spans, lost }: Written): StackBatch {
  const text = (index: number | undefined): string => needed(texts[needed(index, isCount)], isText);
  const known: CodeFrame[] = [];
  for (let at = 0; at < frames.length; at += FRAME_NUMBERS) {
    known.push({
      function: text(frames[at]),
      file: text(frames[at + 1]),
      line: needed(frames[at + 2], isCount),
      isInlined: needed(frames[at + 3], isCount) === 1,
    });
  }
  const stackOf = stacks.map((stack) => stack.map((frame) => needed(known[frame], isThere)));
  return {
    spans: spans.map(([traceId, spanId, left, seen]) => ({
      traceId: needed(traceId, isIdOf(32)),
      spanId: needed(spanId, isIdOf(16)),
      left: needed(left, isCount),
      seen: Array.from({ length: seen.length / SEEN_NUMBERS }, (_, place): SeenStack => {
        const [goid, use, flags, count, ns, stack] = seen
          .slice(place * SEEN_NUMBERS, (place + 1) * SEEN_NUMBERS)
          .map((number) => needed(number, isCount)) as [number, number, number, number, number, number];
        const isSample = (flags & IS_SAMPLE) !== 0;
        const isCut = (flags & IS_CUT) !== 0;
        return { goid, use: text(use), isSample, isCut, count, ns, frames: needed(stackOf[stack], isThere) };
      }),
    })),
    lost: lostOf(lost),
  };
}

const lostOf = (lost: Written['lost']): StackBatch['lost'] =>
  Object.fromEntries(Object.entries(lost).map(([reason, count]) => [reason, needed(count, isCount)]));

const isText = (value: unknown): boolean => typeof value === 'string';
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isThere = (value: unknown): boolean => value !== undefined;
const isIdOf = (digits: number) => (value: unknown) =>
  typeof value === 'string' && value.length === digits && /^[0-9a-f]*$/.test(value);

function needed<T>(value: T, is: (value: unknown) => boolean): NonNullable<T> {
  if (!is(value)) throw new TypeError('it is no stack batch');
  return value as NonNullable<T>;
}
