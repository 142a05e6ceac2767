/** What the bench says: one figure a line, beside its goal. Pure. */
import type { Spread } from './statistics.ts';

export type Goal = { readonly atLeast: number } | { readonly atMost: number };

export interface Figure {
  /** The row that measured it, by which it can be asked for alone. */
  readonly row: string;
  readonly what: string;
  readonly value: number;
  /** Least and greatest of the rounds, where there were rounds. */
  readonly low?: number;
  readonly high?: number;
  /** Empty for a ratio or a count. */
  readonly unit: string;
  readonly goal?: Goal;
  /** Absolute figures behind a ratio, or why it is as it is. */
  readonly detail?: string;
}

type FigureText = Pick<Figure, 'row' | 'what'> & Partial<Pick<Figure, 'unit' | 'goal' | 'detail'>>;

/** A figure from the rounds of one measurement. */
export function figureOf(text: FigureText, spread: Spread | number): Figure {
  const { median, ...ends } = typeof spread === 'number' ? { median: spread } : spread;
  return { unit: '', ...text, value: median, ...ends };
}

/** Whether the goal is met; undefined without one. */
export function isMet({ goal, value }: Figure): boolean | undefined {
  if (goal === undefined) return undefined;
  return 'atLeast' in goal ? value >= goal.atLeast : value <= goal.atMost;
}

/** 12345 → `12,345`; 0.93456 → `0.935`; 1.5 → `1.50`. */
export function numberText(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en');
  return value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : value < 1 ? 3 : 2);
}

const goalText = (goal: Goal | undefined): string =>
  goal === undefined
    ? ''
    : 'atLeast' in goal
      ? `≥ ${numberText(goal.atLeast)}`
      : `≤ ${numberText(goal.atMost)}`;

function cellsOf(figure: Figure): string[] {
  const { low, high } = figure;
  const met = isMet(figure);
  return [
    figure.what,
    `${numberText(figure.value)}${figure.unit && ` ${figure.unit}`}`,
    low === undefined || high === undefined ? '' : `${numberText(low)}–${numberText(high)}`,
    goalText(figure.goal),
    met === undefined ? '' : met ? 'met' : 'not met',
    figure.detail ?? '',
  ];
}

/** One figure for whoever watches. */
export function lineOf(figure: Figure): string {
  const [what, value, spread, goal, met] = cellsOf(figure);
  const judged = met ? `, goal ${goal} ${met}` : '';
  return `${what}: ${value}${spread ? ` (${spread})` : ''}${judged}`;
}

/** All figures as one table, ready for a terminal and for Markdown. */
export function tableOf(figures: readonly Figure[]): string {
  const head = ['figure', 'median', 'spread', 'goal', '', 'detail'];
  const rows = figures.map(cellsOf);
  const widths = head.map((cell, column) =>
    Math.max(cell.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}
