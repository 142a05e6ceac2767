/** Tables that are sorted by the head of a column: largest first, then smallest first. */
import { useState } from 'preact/hooks';

type Columns<T> = Readonly<Record<string, (row: T) => number | string>>;

export interface Sort<T> {
  readonly rows: readonly T[];
  readonly by: string;
  readonly isDescending: boolean;
  readonly choose: (by: string) => void;
}

export function useSort<T>(rows: readonly T[], columns: Columns<T>, first: string): Sort<T> {
  const [{ by, isDescending }, set] = useState({ by: first, isDescending: true });
  const value = columns[by] as (row: T) => number | string;
  const compare = (a: T, b: T): number => {
    const [x, y] = [value(a), value(b)];
    const order = typeof x === 'string' ? String(y).localeCompare(x) : x - Number(y);
    return isDescending ? -order : order;
  };
  return {
    rows: [...rows].sort(compare),
    by,
    isDescending,
    choose: (chosen) => set({ by: chosen, isDescending: chosen === by ? !isDescending : true }),
  };
}

export function SortHead<T>({
  sort,
  by,
  label,
  isNumber = false,
}: {
  sort: Sort<T>;
  by: string;
  label: string;
  isNumber?: boolean;
}) {
  const isChosen = sort.by === by;
  return (
    <th
      class={isNumber ? 'number' : undefined}
      aria-sort={isChosen ? (sort.isDescending ? 'descending' : 'ascending') : undefined}
    >
      <button type="button" onClick={() => sort.choose(by)}>
        {label}
        {isChosen && (sort.isDescending ? ' ↓' : ' ↑')}
      </button>
    </th>
  );
}
