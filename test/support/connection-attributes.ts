/** What a span tells of its connection. */
import type { ReadableSpan } from '../../src/span/readable-span.ts';

const prefix = 'goidspan.connection.';

/** The attributes `goidspan.connection.*` of a span, by what is behind that. */
export function connectionOf(span: ReadableSpan | undefined): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(span?.attributes ?? {}).flatMap(([name, value]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [],
    ),
  );
}
