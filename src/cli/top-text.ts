/** What `goidspan top` shows, as lines. Pure. */
import type { Paint } from '../export/terminal/style.ts';
import type { RouteReport } from '../verdict/route-report.ts';
import { blockOf, formatReport } from './report-text.ts';
import { count } from './summary.ts';

/** What there is to show. */
export interface TopView {
  /** That with most to gain first. */
  readonly routes: readonly RouteReport[];
  /** Requests of routes that are too many, of which nothing else is known. */
  readonly beyond: number;
  /** Over so many seconds: the window, or since the beginning. */
  readonly seconds: number;
  /** Records and spans that were lost so far. */
  readonly lost: number;
  /** What was said last. */
  readonly message?: string | undefined;
}

const plural = (number: number, what: string): string => `${count(number)} ${what}${number === 1 ? '' : 's'}`;

/** In one line: how much of what. */
function headOf({ routes, beyond, seconds, lost }: TopView): string {
  const requests = routes.reduce((sum, route) => sum + route.requests, beyond);
  return [
    `last ${Math.round(seconds)} s: ${plural(requests, 'request')} of ${plural(routes.length, 'route')}`,
    ...(beyond > 0 ? [`and ${count(beyond)} of more routes than are kept`] : []),
    ...(lost > 0 ? [`${count(lost)} lost`] : []),
  ].join(', ');
}

/** As text for a file, with a final newline. */
export function formatTop(view: TopView, at: Date): string {
  const head = `${at.toISOString().replace(/\.\d+Z$/, 'Z')}  ${headOf(view)}\n`;
  return view.routes.length === 0 ? `${head}\n` : `${head}\n${formatReport(view.routes)}\n`;
}

/** For a screen of that size: whole routes, as many as fit, and how many do not. */
export function screenLines(
  view: TopView,
  { columns, rows }: { readonly columns: number; readonly rows: number },
  paint: Paint,
): string[] {
  const cut = (line: string): string => (line.length > columns ? `${line.slice(0, columns - 1)}…` : line);
  const lines = [paint('bold', cut(`goidspan top  ${headOf(view)}`))];
  const foot = cut(view.message ?? 'q quits');
  // Head, foot, and an empty line before it.
  const room = Math.max(0, rows - 3);
  let shown = 0;
  for (const route of view.routes) {
    const [name = '', ...rest] = blockOf(route).map(cut);
    const isLast = shown === view.routes.length - 1;
    const needed = lines.length - 1 + 2 + rest.length + (isLast ? 0 : 2);
    // Of the first at least a part.
    if (needed > room && shown > 0) break;
    lines.push('', paint('bold', name), ...rest);
    shown++;
  }
  const hidden = view.routes.length - shown;
  if (hidden > 0) lines.push('', cut(`… and ${plural(hidden, 'more route')}`));
  if (view.routes.length === 0) lines.push('', cut('no request has ended yet whose time is known'));
  return [...lines.slice(0, Math.max(1, rows - 2)), '', paint('dim', foot)].slice(0, rows);
}
