/** The spans of one request as text: what does not depend on the run or the Go release, children under their parents. */

import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { idOf, isServer, parentOf, queryOf } from './traced-server.ts';

/** Depth-first, siblings by the number of their call; a root whose parent is not among the spans says so. */
export function spanTree(spans: readonly ReadableSpan[]): string[] {
  const known = new Set(spans.map(idOf));
  const under = (parent: string | undefined, indent: string): string[] =>
    spans
      .filter((span) => (parent === undefined ? !known.has(parentOf(span) ?? '') : parentOf(span) === parent))
      .sort((a, b) => orderOf(a) - orderOf(b))
      .flatMap((span) => [`${indent}${lineOf(span)}`, ...under(idOf(span), `${indent}  `)]);
  return under(undefined, '');
}

function orderOf(span: ReadableSpan): number {
  const { searchParams } = new URL(String(span.attributes['url.full'] ?? 'http://none/'));
  return Number(searchParams.get('n') ?? queryOf(span).get('n') ?? 0);
}

function lineOf(span: ReadableSpan): string {
  const { attributes } = span;
  const path = attributes['url.path'] ?? new URL(String(attributes['url.full'])).pathname;
  const parts = [
    isServer(span) ? 'server' : 'client',
    `HTTP/${attributes['network.protocol.version'] ?? '?'}`,
    path,
    attributes['http.response.status_code'] ?? '-',
    attributes['error.type'],
    attributes['goidspan.span.ending'],
    span.links.length > 0 ? 'linked' : undefined,
  ];
  return parts.filter((part) => part !== undefined).join(' ');
}
