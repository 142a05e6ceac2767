/** Where the spans of one trace were seen in their code, as columns. */
import type { StacksAnswer } from '../page-api/answers.ts';
import type { SeenStack, SpanStacks } from '../span/span-stacks.ts';
import { countOf, readStackBatch } from '../span/stack-batch.ts';
import { StackTable } from '../span/stack-table.ts';
import type { Segment } from './segment.ts';
import { stackKeyOf } from './stack-parts.ts';

/** More of one trace are counted only. */
const SEEN_MAX = 200_000;

export function stacksOf(segments: readonly Segment[], traceId: string): StacksAnswer {
  const columns = new Columns();
  const key = stackKeyOf(traceId);
  for (const segment of near(segments, key))
    for (const part of segment.stacksOfTrace(key))
      for (const span of readStackBatch(part)?.spans ?? []) if (span.traceId === traceId) columns.add(span);
  return columns.answer();
}

/** Those with spans of the trace, the next of each, and the newest: stacks come a little later than their spans. */
function near(segments: readonly Segment[], key: number): Segment[] {
  const hasSpans = segments.map((segment) => segment.mayHaveTrace(key));
  return segments.filter((_, at) => hasSpans[at] || hasSpans[at - 1] || at === segments.length - 1);
}

class Columns {
  readonly #table = new StackTable();
  readonly #seen = {
    spanId: [] as string[],
    goid: [] as number[],
    use: [] as number[],
    isSample: [] as number[],
    count: [] as number[],
    ns: [] as number[],
    stack: [] as number[],
  };
  readonly #left: Record<string, number> = {};

  add(span: SpanStacks): void {
    const { spanId, seen, left } = span;
    const isFull = this.#seen.ns.length + seen.length > SEEN_MAX;
    const lost = isFull ? countOf(span) : left;
    if (lost > 0) this.#left[spanId] = (this.#left[spanId] ?? 0) + lost;
    if (!isFull) for (const one of seen) this.#addSeen(spanId, one);
  }

  answer(): StacksAnswer {
    const { texts, frames, stacks } = this.#table;
    return { texts, frames, stacks, seen: this.#seen, left: this.#left };
  }

  #addSeen(spanId: string, { goid, use, isSample, count, ns, frames }: SeenStack): void {
    this.#seen.spanId.push(spanId);
    this.#seen.goid.push(goid);
    this.#seen.use.push(this.#table.indexOfText(use));
    this.#seen.isSample.push(isSample ? 1 : 0);
    this.#seen.count.push(count);
    this.#seen.ns.push(ns);
    this.#seen.stack.push(this.#table.indexOf(frames));
  }
}
