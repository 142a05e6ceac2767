/** What differs between chosen spans and the others: where their time went, and their attributes. */
import type { CompareAnswer, Difference } from '../../page-api/answers.ts';
import { counted, durationText, percentText } from '../format.ts';
import { useLabel } from '../time-uses.ts';
import { Bar, Legend, Swatch } from './breakdown.tsx';

export function Comparison({ told: { inside, outside, differences } }: { told: CompareAnswer }) {
  if (inside.spans === 0) return <p class="faint">No span is in it.</p>;
  const uses = Object.keys({ ...inside.shares, ...outside.shares });
  return (
    <>
      <table>
        <tbody>
          {(
            [
              [counted(inside.spans, 'chosen span'), inside],
              [counted(outside.spans, 'other'), outside],
            ] as const
          ).map(([label, side]) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              <td class="number">{durationText(side.p50Ns)}</td>
              <td class="where">
                <Bar spent={side.shares} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Legend uses={uses} />
      <table aria-label="Differences, largest first">
        <thead>
          <tr>
            <th>What differs most</th>
            <th>Chosen, others</th>
          </tr>
        </thead>
        <tbody>
          {differences
            .filter((one) => Math.abs(one.inside - one.outside) >= 0.005)
            .slice(0, 12)
            .map((one) => (
              <tr key={`${one.kind} ${one.key} ${one.value}`}>
                <td class="wrap">
                  <What one={one} />
                </td>
                <td>
                  <span class="difference">
                    <span class="number">{percentText(one.inside)}</span>
                    <i class="inside" style={{ width: `${100 * one.inside}%` }} />
                    <span class="number faint">{percentText(one.outside)}</span>
                    <i style={{ width: `${100 * one.outside}%` }} />
                  </span>
                </td>
              </tr>
            ))}
        </tbody>
      </table>
    </>
  );
}

function What({ one }: { one: Difference }) {
  if (one.kind === 'spent')
    return (
      <>
        <Swatch use={one.key} /> {useLabel(one.key)} <span class="faint">share of the time</span>
      </>
    );
  return (
    <>
      <span class="mono">{one.key}</span> = <b>{one.value}</b>
    </>
  );
}
