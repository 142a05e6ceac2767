/** Spans of one request as a tree, each as the line that a test has for it. */
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { idOf, parentOf } from './traced-server.ts';

export interface SpanLine {
  readonly span: ReadableSpan;
  readonly line: string;
}

/** Whoever has no parent among these, or one elsewhere, stands at the top; siblings stand in the order of their lines. */
export function treeOfLines(all: readonly SpanLine[]): string {
  const ids = new Set(all.map(({ span }) => idOf(span)));
  const under = (parent: string | undefined, indent: string): string[] => {
    const children = all.filter(({ span }) => {
      const id = parentOf(span);
      return (id !== undefined && ids.has(id) ? id : undefined) === parent;
    });
    const blocks = children.map(({ span, line }) =>
      [`${indent}${line}`, ...under(idOf(span), `${indent}  `)].join('\n'),
    );
    return blocks.sort();
  };
  return under(undefined, '').join('\n');
}
