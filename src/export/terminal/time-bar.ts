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

/** `▕██████████████▓▓▓▓▒░▏ mutex 71 %, cpu 20 %, runnable 6 %`; undefined for a span that is not slow, or without a breakdown. */
export function timeBar(span: ReadableSpan, { paint, useUnicode }: Style): string | undefined {
  const [seconds, nanos] = span.duration;
  const total = seconds * 1e9 + nanos;
  const parts = partsOf(span.attributes[names.GOIDSPAN_BREAKDOWN]);
  if (total < SLOW_NS || parts.length === 0) return undefined;
  const { begin, cellOf, rest, end } = FORMS[useUnicode ? 'blocks' : 'letters'];
  const cellsUntil = (spent: number): number => Math.round((spent / total) * CELLS);
  let told = 0;
  let bar = '';
  const shares: string[] = [];
  for (const [index, [use, spent]] of parts.slice(0, NAMED).entries()) {
    const percent = Math.round((spent / total) * 100);
    if (percent === 0) break;
    const cells = cellsUntil(told + spent) - cellsUntil(told);
    bar += paint(use === 'cpu' ? 'green' : 'yellow', cellOf(index, use).repeat(cells));
    shares.push(`${use} ${percent} %`);
    told += spent;
  }
  bar += paint('dim', rest.repeat(CELLS - cellsUntil(told)));
  return `${paint('dim', begin)}${bar}${paint('dim', end)} ${shares.join(', ')}`;
}

/** The largest first; those of equal size in the order in which they are told. Of one that a limit has cut, what is whole. */
function partsOf(breakdown: unknown): Part[] {
  const members = String(breakdown).matchAll(/"([a-z.]+)":(\d+)[,}]/g);
  return Array.from(members, ([, use = '', spent]): Part => [use, Number(spent)]).sort(
    ([, a], [, b]) => b - a,
  );
}
