/** Where time went, as one bar and as words. */
import type { Spent } from '../../page-api/answers.ts';
import { durationText, percentText } from '../format.ts';
import { bySize, inOrder, useColour, useLabel, useMeaning } from '../time-uses.ts';

export const sumOf = (spent: Spent): number => Object.values(spent).reduce((sum, ns) => sum + ns, 0);

/** A gradient of the colours, in the order of telling: one element, however many parts. */
export function gradientOf(parts: readonly (readonly [use: string, amount: number])[]): string {
  const sum = parts.reduce((total, [, amount]) => total + amount, 0);
  let at = 0;
  const stops = parts.map(([use, amount]) => {
    const begin = at;
    at += (100 * amount) / sum;
    return `${useColour(use)} ${begin.toFixed(2)}% ${at.toFixed(2)}%`;
  });
  return `linear-gradient(90deg, ${stops.join(', ')})`;
}

/** The three largest, for who does not see the colours. */
export function spentText(spent: Spent): string {
  const sum = sumOf(spent);
  return bySize(spent)
    .slice(0, 3)
    .map(([use, ns]) => `${useLabel(use)} ${percentText(ns / sum)}`)
    .join(', ');
}

export function Bar({ spent, size = 'small' }: { spent: Spent; size?: 'small' | 'large' }) {
  const parts = inOrder(spent);
  if (parts.length === 0) return <span class="faint">not told</span>;
  return (
    <span
      class={`bar ${size}`}
      role="img"
      aria-label={spentText(spent)}
      title={spentText(spent)}
      style={{ backgroundImage: gradientOf(parts) }}
    />
  );
}

export function Swatch({ use }: { use: string }) {
  return <i class="swatch" style={{ backgroundColor: useColour(use) }} />;
}

/** A large bar with what its colours are: name, share, time. */
export function Breakdown({ spent, label }: { spent: Spent; label: string }) {
  const sum = sumOf(spent);
  if (sum === 0) return null;
  return (
    <div class="breakdown">
      <h2 class="minor">{label}</h2>
      <div>
        <Bar spent={spent} size="large" />
        <ul class="legend">
          {bySize(spent).map(([use, ns]) => (
            <li key={use} class={ns / sum < 0.01 ? 'faint' : undefined} title={useMeaning(use)}>
              <Swatch use={use} />
              {useLabel(use)} <b>{percentText(ns / sum)}</b> <span class="faint">{durationText(ns)}</span>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

/** What the colours of a picture are. */
export function Legend({ uses }: { uses: readonly string[] }) {
  return (
    <ul class="legend">
      {uses.map((use) => (
        <li key={use} title={useMeaning(use)}>
          <Swatch use={use} />
          {useLabel(use)}
        </li>
      ))}
    </ul>
  );
}
