/** The spans of a trace as a tree, and the tree as lines. Pure. */
import type { HrTime } from '@opentelemetry/api';
import * as names from '../../span/attribute-names.ts';
import type { ReadableSpan } from '../../span/readable-span.ts';
import { printable, processOf, spanLine } from './span-line.ts';
import type { Style } from './style.ts';
import { timeBar } from './time-bar.ts';

/** A span and those whose parent it is, in the order in which they started. */
interface Node {
  readonly span: ReadableSpan;
  readonly children: readonly Node[];
}

/** Longer traces are cut: a terminal is no place for a thousand lines. */
const MAX_LINES_PER_TRACE = 100;

/** Formats all spans of one trace; a span whose parent is not among them is at the top. */
export function formatTrace(spans: readonly ReadableSpan[], style: Style): string[] {
  const blocks: string[][] = [];
  for (const root of treesOf(spans)) addBlocks(blocks, root, style, { first: '', rest: '' }, undefined);
  const lines: string[] = [];
  for (const [index, block] of blocks.entries()) {
    if (lines.length + block.length > MAX_LINES_PER_TRACE) {
      const more = blocks.length - index;
      lines.push(style.paint('dim', `… and ${more} more spans of this trace`));
      break;
    }
    lines.push(...block);
  }
  return lines;
}

function treesOf(spans: readonly ReadableSpan[]): Node[] {
  const ids = new Set(spans.map((span) => span.spanContext().spanId));
  const spansByParent = new Map<string, ReadableSpan[]>();
  for (const span of spans) {
    const parentId = span.parentSpanContext?.spanId;
    const key = parentId !== undefined && ids.has(parentId) ? parentId : '';
    const siblings = spansByParent.get(key);
    if (siblings) siblings.push(span);
    else spansByParent.set(key, [span]);
  }
  const nodesUnder = (key: string): Node[] => {
    const siblings = spansByParent.get(key) ?? [];
    // Taken once, so that two spans that name each other as parent cannot loop.
    spansByParent.delete(key);
    return siblings
      .sort((a, b) => compareTimes(a.startTime, b.startTime))
      .map((span) => ({ span, children: nodesUnder(span.spanContext().spanId) }));
  };
  return nodesUnder('');
}

/** A block is what is said of one span: its line, and if it was slow where its time went, and why. */
function addBlocks(
  blocks: string[][],
  { span, children }: Node,
  style: Style,
  indent: { readonly first: string; readonly rest: string },
  processAbove: string | undefined,
): void {
  const process = processOf(span);
  const { paint } = style;
  const block = [`${paint('dim', indent.first)}${spanLine(span, paint, process !== processAbove)}`];
  const below = paint('dim', `${indent.rest}${children.length > 0 ? '│  ' : '   '}`);
  const bar = timeBar(span, style);
  if (bar !== undefined) block.push(`${below}${bar}`);
  const verdict = span.attributes[names.GOIDSPAN_VERDICT];
  if (typeof verdict === 'string') block.push(`${below}${paint('bold', printable(verdict))}`);
  blocks.push(block);
  children.forEach((child, index) => {
    const isLast = index === children.length - 1;
    const childIndent = {
      first: `${indent.rest}${isLast ? '└─ ' : '├─ '}`,
      rest: `${indent.rest}${isLast ? '   ' : '│  '}`,
    };
    addBlocks(blocks, child, style, childIndent, process);
  });
}

function compareTimes(a: HrTime, b: HrTime): number {
  return a[0] - b[0] || a[1] - b[1];
}
