/** All that the page of a span tells: the span, its trace, its longest waits, and who ended them. */
import type { SpanAnswer, TraceAnswer } from '../../page-api/answers.ts';
import { apiPath, ask } from './api.ts';
import { ownWaits, wakerLink } from './lanes.ts';
import { wakersOf } from './longest.ts';
import { type Tree, treeOf, useOf } from './tree.ts';

/** So many waits are asked for in detail; a span has at most 20 of its own. */
const WAITS_MAX = 24;

export interface SpanStory {
  readonly span: SpanAnswer;
  readonly tree: Tree;
  readonly index: number;
  /** Where the page is about a wait: who waited. Else the same. */
  readonly whose: number;
  /** By index in the trace, longest first. */
  readonly waits: ReadonlyMap<number, SpanAnswer>;
  /** By span id: who ended a wait. */
  readonly wakers: ReadonlyMap<string, SpanAnswer>;
}

export async function spanStory(traceId: string, spanId: string, signal: AbortSignal): Promise<SpanStory> {
  const spanAt = (trace: string, id: string) => ask<SpanAnswer>(apiPath(['span', trace, id]), signal);
  const [span, trace] = await Promise.all([
    spanAt(traceId, spanId),
    ask<TraceAnswer>(apiPath(['trace', traceId]), signal),
  ]);
  const tree = treeOf(trace);
  const index = trace.spanId.indexOf(spanId);
  if (index < 0) throw new Error(`cannot show span ${spanId}: its trace has more spans than are shown`);
  const parent = trace.parent[index] as number;
  const whose = useOf(trace, index) !== undefined && parent >= 0 ? parent : index;
  const wanted = new Set(ownWaits(tree, whose).slice(0, WAITS_MAX));
  if (whose !== index) wanted.add(index);
  const waits = new Map(
    await Promise.all(
      [...wanted].map(async (at) => [at, await spanAt(traceId, trace.spanId[at] as string)] as const),
    ),
  );
  const links = [...waits.values()].map(wakerLink).filter((link) => link !== undefined);
  const wakers = await wakersOf([...new Map(links.map((link) => [link.spanId, link])).values()], signal);
  return { span, tree, index, whose, waits, wakers };
}
