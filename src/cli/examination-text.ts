/** What the doctor found, for people. Pure. */
import type { Examination } from '../doctor/examine.ts';
import type { Finding, Verdict } from '../doctor/finding.ts';
import { alignColumns } from './text-table.ts';

const MARKS: Readonly<Record<Verdict, string>> = { ok: 'ok', info: '-', degraded: 'less', impossible: 'NO' };

const CONCLUSIONS: Readonly<Record<Examination['verdict'], string>> = {
  ok: 'This host can trace; nothing has to be changed.',
  degraded: 'This host can trace, but less well than it could. To change:',
  impossible: 'This host cannot trace. To change:',
};

/** The text, with a final newline; ends with what to change. */
export function formatExamination({ verdict, families, changes }: Examination): string {
  const rows = families.flatMap(({ name, findings }) => [[name], ...findings.map(rowOf)]);
  const lines = [
    ...alignColumns(rows),
    '',
    CONCLUSIONS[verdict],
    ...changes.map((change, index) => `  ${index + 1}. ${change}`),
  ];
  return `${lines.join('\n')}\n`;
}

function rowOf({ check, verdict, found, without }: Finding): string[] {
  return [`  ${check}`, MARKS[verdict], without === undefined ? found : `${found}: ${without}`];
}
