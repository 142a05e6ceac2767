/** A profile in a few lines. Pure. */
import type { ComparedFunction } from '../profile/compare-profiles.ts';
import { functionTotals } from '../profile/function-totals.ts';
import { type MadeProfile, VALUE_NUMBERS } from '../profile/profile-of.ts';
import type { ProfileValue } from './arguments.ts';
import { count } from './summary.ts';
import { alignColumns } from './text-table.ts';

/** Functions that are told of. */
export const TOP = 10;

const seconds = (ns: number): string => `${(ns / 1e9).toFixed(ns < 1e10 ? 2 : 1)} s`;
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** What there is in it, in one line. */
export function headline({ profile, samples, waits, unknown, cut }: MadeProfile): string {
  const total = (value: keyof typeof VALUE_NUMBERS): number =>
    functionTotals(profile, VALUE_NUMBERS[value]).total;
  return [
    `${count(samples)} samples, ${seconds(total('cpu'))} on processors`,
    `${count(waits)} waits in spans, ${seconds(total('wait'))}`,
    ...(unknown > 0 ? [`of ${count(unknown)} the code is not known`] : []),
    ...(cut > 0 ? [`of ${count(cut)} only the innermost frames`] : []),
  ].join('; ');
}

/** The functions with most of it; with a final newline. Empty if there is nothing. */
export function topTable({ profile }: MadeProfile, value: ProfileValue): string {
  const { total, functions } = functionTotals(profile, VALUE_NUMBERS[value], { ofCallers: value === 'wait' });
  if (total === 0) return '';
  const rows = functions
    .slice(0, TOP)
    .map(({ function: name, self, cumulative }) => [
      ...[seconds(self), percent(self / total), seconds(cumulative), percent(cumulative / total)],
      name,
    ]);
  return tableOf([
    ['self', '', 'cumulative', '', value === 'cpu' ? 'on a processor in' : 'waiting in'],
    ...rows,
  ]);
}

/** With a final newline. */
export function comparisonTable(functions: readonly ComparedFunction[]): string {
  const rows = functions.map(({ function: name, self, cumulative }) => [
    ...[self, cumulative].flatMap(({ ours, theirs }) => [percent(ours), percent(theirs)]),
    name,
  ]);
  return tableOf([['self', 'by Go', 'cumulative', 'by Go', ''], ...rows]);
}

/** By how many points the two are apart at most. */
export const pointsApart = (functions: readonly ComparedFunction[]): string =>
  (100 * Math.max(0, ...functions.map(({ self }) => Math.abs(self.ours - self.theirs)))).toFixed(1);

/** Numbers to the right. */
function tableOf(rows: readonly (readonly string[])[]): string {
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const padded = rows.map((row) => row.map((cell, column) => cell.padStart(widths[column] ?? 0)));
  return `${alignColumns(padded, '  ').join('\n')}\n`;
}
