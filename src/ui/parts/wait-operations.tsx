/** How often and how long was waited, by what for and by service. */
import type { OperationRow } from '../../page-api/answers.ts';
import { rangeParams } from '../data/time-range.ts';
import { countText, durationText } from '../format.ts';
import { href } from '../router.ts';
import { useLabel, useMeaning, useOfName } from '../time-uses.ts';
import { Swatch } from './breakdown.tsx';
import { SortHead, useSort } from './sort.tsx';
import { Spark } from './spark.tsx';

const columns = {
  name: ({ name }: OperationRow) => name,
  count: ({ count }: OperationRow) => count,
  p50: ({ p50Ns }: OperationRow) => p50Ns,
  p99: ({ p99Ns }: OperationRow) => p99Ns,
  sum: ({ sumNs }: OperationRow) => sumNs,
} as const;

/** Of what is not a wait for one thing. */
const titles: Readonly<Record<string, string>> = {
  'gc.cycle': 'collector at work',
  'gc.stw': 'world stopped, by anybody',
  'wait gc.stw': 'world stopped, by the goroutine itself',
};

export function WaitOperations({ rows, label }: { rows: readonly OperationRow[]; label: string }) {
  const sort = useSort(rows, columns, 'sum');
  return (
    <div class="table-wrap">
      <table aria-label={label}>
        <thead>
          <tr>
            <SortHead sort={sort} by="name" label="What for" />
            <th>Service</th>
            <th>Over time</th>
            <SortHead sort={sort} by="count" label="Times" isNumber />
            <SortHead sort={sort} by="p50" label="p50" isNumber />
            <SortHead sort={sort} by="p99" label="p99" isNumber />
            <SortHead sort={sort} by="sum" label="In all" isNumber />
          </tr>
        </thead>
        <tbody>
          {sort.rows.map((row) => {
            const use = useOfName(row.name) ?? row.name;
            const { service, name, kind } = row;
            return (
              <tr key={`${service} ${name}`}>
                <td>
                  <Swatch use={use} />{' '}
                  <a
                    href={href(['operation'], { service, name, kind, ...rangeParams.value })}
                    title={useMeaning(use)}
                  >
                    {titles[name] ?? useLabel(use)}
                  </a>
                </td>
                <td>{service}</td>
                <td>
                  <Spark values={row.rate} />
                </td>
                <td class="number">{countText(row.count)}</td>
                <td class="number">{durationText(row.p50Ns)}</td>
                <td class="number">{durationText(row.p99Ns)}</td>
                <td class="number">{durationText(row.sumNs)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
