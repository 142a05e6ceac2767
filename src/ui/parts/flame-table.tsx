/** The frames of a flame graph by function: what each took itself, and with all that it called. */
import { useState } from 'preact/hooks';
import { type FlameLayout, type FrameRow, frameName, frameRows, shortName } from '../data/flame-layout.ts';
import { counted, durationText, percentText } from '../format.ts';
import { useLabel, useMeaning } from '../time-uses.ts';
import { Swatch } from './breakdown.tsx';
import { SortHead, useSort } from './sort.tsx';

const FEW = 8;
const MOST = 500;

const columns = {
  name: ({ name }: FrameRow) => name,
  self: ({ selfNs }: FrameRow) => selfNs,
  total: ({ totalNs }: FrameRow) => totalNs,
  on: ({ onNs }: FrameRow) => onNs,
  off: ({ offNs }: FrameRow) => offNs,
};

const heads: readonly (readonly [by: keyof typeof columns, label: string])[] = [
  ['self', 'Itself'],
  ['total', 'With all below'],
  ['on', 'On CPU'],
  ['off', 'Waiting'],
];

export function FlameTable({
  layout,
  within,
  found,
  zoom,
}: {
  layout: FlameLayout;
  within: number | undefined;
  /** Only these; undefined: all. */
  found: ReadonlySet<number> | undefined;
  zoom: (index: number | undefined) => void;
}) {
  const [isAll, showAll] = useState(false);
  const all = frameRows(layout, within).filter(({ index }) => found === undefined || found.has(index));
  const sort = useSort(all, columns, 'self');
  const shown = sort.rows.slice(0, isAll ? MOST : FEW);
  const of = within === undefined ? layout.totalNs : (layout.size[within] as number);
  const label = within === undefined ? 'Frames' : `Frames in ${frameName(layout.flame, within)}`;
  return (
    <>
      <div class="table-wrap">
        <table aria-label={label}>
          <thead>
            <tr>
              <SortHead sort={sort} by="name" label="Function, or wait" />
              {heads.map(([by, title]) => (
                <SortHead key={by} sort={sort} by={by} label={title} isNumber />
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr key={row.key}>
                <td class="wrap">
                  {row.isWait ? (
                    <span title={useMeaning(row.name)}>
                      <Swatch use={row.name} /> {useLabel(row.name)}
                    </span>
                  ) : (
                    <>
                      <button type="button" class="plain" title={row.name} onClick={() => zoom(row.index)}>
                        {shortName(row.name)}
                      </button>{' '}
                      <span class="faint">{row.place}</span>
                    </>
                  )}
                </td>
                <td class="number">
                  {durationText(row.selfNs)} <span class="faint">{percentText(row.selfNs / of)}</span>
                </td>
                <td class="number">{durationText(row.totalNs)}</td>
                <td class="number">{durationText(row.onNs)}</td>
                <td class="number">{durationText(row.offNs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {all.length > FEW && (
        <p>
          <button type="button" onClick={() => showAll(!isAll)}>
            {isAll ? 'Fewer' : `All ${counted(Math.min(all.length, MOST), 'function')}`}
          </button>
          {isAll && all.length > MOST && <span class="faint"> of {all.length}: the first of this order</span>}
        </p>
      )}
    </>
  );
}
