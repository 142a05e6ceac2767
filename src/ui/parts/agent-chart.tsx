/** What probes took over time, against the budget, with the level below. Its numbers are in the table beside it. */
import type { AgentState } from '../../page-api/agent-state.ts';
import { clockText, percentText } from '../format.ts';

const [WIDTH, HEIGHT, STEP] = [720, 90, 12] as const;

export function AgentChart({ agent }: { agent: AgentState }) {
  const { series, levels } = agent;
  const { atUs, used, limit, level } = series;
  const [from, to] = [atUs[0], atUs.at(-1)];
  if (from === undefined || to === undefined || to <= from)
    return <p class="faint">Over time nothing is known yet: there is a point each 5 s.</p>;
  const most = Math.max(1e-4, ...used.map((one) => one ?? 0), ...limit.map((one) => one ?? 0)) * 1.1;
  const x = (index: number): string => ((WIDTH * ((atUs[index] as number) - from)) / (to - from)).toFixed(1);
  const line = (values: readonly (number | null)[]): string =>
    values
      .flatMap((value, index) =>
        value === null ? [] : `${x(index)},${(HEIGHT - (HEIGHT * value) / most).toFixed(1)}`,
      )
      .join(' ');
  /** Each level holds until the next point. */
  const steps = level
    .map((one, index) => {
      const y = HEIGHT + STEP * (levels.length - one) - 4;
      return `${index === 0 ? 'M' : 'H'}${x(index)}${index === 0 ? ` ${y}` : `V${y}`}`;
    })
    .join('');
  const peak = Math.max(0, ...used.map((one) => one ?? 0));
  const label = `From ${clockText(from)} to ${clockText(to)} probes took at most ${percentText(peak)} of the processors`;
  return (
    <figure class="agent-chart">
      <svg
        viewBox={`0 -2 ${WIDTH} ${HEIGHT + STEP * levels.length + 4}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={label}
      >
        <polyline class="limit" points={line(limit)} />
        <polyline class="used" points={line(used)} />
        <path class="level" d={steps} />
      </svg>
      <figcaption class="faint">
        {label}; dashed: the budget; below: the level, {levels.join(' < ')}. A point each 5 s, of the second
        before it.
      </figcaption>
    </figure>
  );
}
