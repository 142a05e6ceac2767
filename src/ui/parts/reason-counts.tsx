/** What was counted by its reasons, as a table; nothing where there is nothing. */
import { countText } from '../format.ts';

interface ReasonCountsProps {
  readonly label: string;
  readonly counts: readonly (readonly [reason: string, count: number])[];
  /** What a reason means; a column of its own. */
  readonly meanings?: Readonly<Record<string, string>>;
}

export function ReasonCounts({ label, counts, meanings }: ReasonCountsProps) {
  if (counts.length === 0) return null;
  return (
    <table>
      <caption>{label}</caption>
      <tbody>
        {counts.map(([reason, count]) => (
          <tr key={reason}>
            <th scope="row" class="mono">
              {reason}
            </th>
            <td class="number">{countText(count)}</td>
            {meanings && <td class="wrap">{Object.hasOwn(meanings, reason) ? meanings[reason] : ''}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
