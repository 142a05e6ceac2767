/** The matrix as a table, a row as soon as it is there. */
import type { Row } from './row.ts';

interface Column {
  readonly title: string;
  readonly width: number;
  readonly of: (row: Row) => string;
}

const ofAll = (right: number, all: number): string => (right === all ? `${all}` : `${right} of ${all}`);

const columns: readonly Column[] = [
  { title: 'processor', width: 9, of: ({ processor }) => processor },
  { title: 'kernel', width: 8, of: ({ kernel }) => kernel },
  { title: 'preemption', width: 10, of: ({ preemption }) => preemption },
  { title: 'variant', width: 18, of: ({ variant }) => variant },
  { title: 'spans right', width: 14, of: ({ spansRight, spans }) => ofAll(spansRight, spans) },
  { title: 'parents right', width: 14, of: ({ parentsRight, parents }) => ofAll(parentsRight, parents) },
  { title: 'log clean', width: 9, of: ({ logClean }) => (logClean ? 'yes' : 'no') },
  { title: 'links', width: 5, of: ({ links }) => links },
  { title: 'verified', width: 8, of: ({ verified }) => (verified === 0 ? '-' : `${verified}`) },
  { title: 'doctor', width: 8, of: ({ doctor }) => doctor },
  { title: 's', width: 4, of: ({ seconds }) => `${seconds}` },
  { title: 'notes', width: 5, of: ({ notes }) => (notes.length === 0 ? '' : `${notes.length}`) },
  { title: '', width: 5, of: ({ faults }) => (faults.length === 0 ? '' : 'SHORT') },
];

const line = (cells: readonly string[]): string =>
  `| ${cells.map((cell, index) => cell.padEnd(columns[index]?.width ?? 0)).join(' | ')} |`;

export const tableHead = (): string =>
  [line(columns.map(({ title }) => title)), line(columns.map(({ width }) => '-'.repeat(width)))].join('\n');

export const tableLine = (row: Row): string => line(columns.map(({ of }) => of(row)));

/** Why a row is short, and its notes; empty if there is neither. */
export function remarksOn({ processor, kernel, preemption, variant, notes, faults }: Row): string {
  const remarks = [...faults.map((fault) => `✗ ${fault}`), ...notes];
  if (remarks.length === 0) return '';
  const title = [`Linux ${kernel} on ${processor}`, preemption, variant]
    .filter((word) => word !== '')
    .join(', ');
  return [`${title}:`, ...remarks.map((remark) => `  ${remark.replaceAll('\n', '\n    ')}`)].join('\n');
}
