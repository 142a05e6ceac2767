/** Where the time of a slow span went, as one line under it. Pure. */
import * as names from '../../span/attribute-names.ts';
import type { ReadableSpan } from '../../span/readable-span.ts';
import type { Style } from './style.ts';

/** What a span spent its time on, and how long. */
type Part = readonly [use: string, nanos: number];

/** Shorter spans have no bar: of those there is little to explain. */
const SLOW_NS = 10e6;
const CELLS = 20;
/** So many parts are named. */
const NAMED = 3;

const FORMS = {
  /** A part is known from its neighbours by its shade. */
  blocks: { begin: '▕', cellOf: (index: number): string => '█▓▒'[index] as string, rest: '░', end: '▏' },
  /** By its first letter, which is large or small in turn. */
  letters: {
    begin: '[',
    cellOf: (index: number, use: string): string =>
      index % 2 === 0 ? use.charAt(0).toUpperCase() : use.charAt(0),
    rest: '.',
    end: ']',
  },
} as const;

/**
 * `▕██████████████▓▓▓▓▒░▏ mutex 71 %, cpu 20 %, runnable 6 %`; undefined for a span that is not slow, or without a breakdown.
 * Behind it the same of its critical path, if that is another: `waitgroup 98 %, cpu 2 %; critical path: network 97 %, cpu 3 %`.
 */
export function timeBar(span: ReadableSpan, { paint, useUnicode }: Style): string | undefined {
  const [seconds, nanos] = span.duration;
  const total = seconds * 1e9 + nanos;
  const parts = partsOf(span.attributes[names.GOIDSPAN_BREAKDOWN]);
  if (total < SLOW_NS || parts.length === 0) return undefined;
  const { begin, cellOf, rest, end } = FORMS[useUnicode ? 'blocks' : 'letters'];
  const cellsUntil = (spent: number): number => Math.round((spent / total) * CELLS);
  const critical = partsOf(span.attributes[names.GOIDSPAN_CRITICAL]);
  let told = 0;
  let bar = '';
  for (const [index, [use, spent]] of named(parts, total).entries()) {
    const cells = cellsUntil(told + spent) - cellsUntil(told);
    bar += paint(use === 'cpu' ? 'green' : 'yellow', cellOf(index, use).repeat(cells));
    told += spent;
  }
  bar += paint('dim', rest.repeat(CELLS - cellsUntil(told)));
  const path = critical.length === 0 ? '' : `; critical path: ${shares(critical, total)}`;
  return `${paint('dim', begin)}${bar}${paint('dim', end)} ${shares(parts, total)}${path}`;
}

/** Those that are worth a name. */
const named = (parts: readonly Part[], total: number): readonly Part[] =>
  parts.slice(0, NAMED).filter(([, spent]) => percentOf(spent, total) > 0);

const percentOf = (spent: number, total: number): number => Math.round((spent / total) * 100);

const shares = (parts: readonly Part[], total: number): string =>
  named(parts, total)
    .map(([use, spent]) => `${use} ${percentOf(spent, total)} %`)
    .join(', ');

/** The largest first; those of equal size in the order in which they are told. Of one that a limit has cut, what is whole. */
function partsOf(breakdown: unknown): Part[] {
  const members = String(breakdown).matchAll(/"([a-z.]+)":(\d+)[,}]/g);
  return Array.from(members, ([, use = '', spent]): Part => [use, Number(spent)]).sort(
    ([, a], [, b]) => b - a,
  );
}
