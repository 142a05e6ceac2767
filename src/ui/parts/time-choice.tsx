/** Choice of the time that is looked at. */
import { fixedRange, lastSeconds, lookAtLast, spans } from '../data/time-range.ts';
import { clockText, dateText } from '../format.ts';

export function TimeChoice() {
  const fixed = fixedRange.value;
  return (
    <span class="time-choice">
      <select
        aria-label="Time that is looked at"
        value={fixed ? 'fixed' : String(lastSeconds.value)}
        onChange={({ currentTarget: { value } }) => lookAtLast(Number(value))}
      >
        {fixed && (
          <option value="fixed">
            {dateText(fixed.fromUs).slice(0, -4)} – {clockText(fixed.toUs).slice(0, -4)}
          </option>
        )}
        {spans.map(([seconds, label]) => (
          <option key={seconds} value={String(seconds)}>
            {label}
          </option>
        ))}
      </select>
      <button
        type="button"
        aria-label="Look again"
        title="Look again"
        onClick={() => lookAtLast(lastSeconds.value)}
      >
        ↻
      </button>
    </span>
  );
}
