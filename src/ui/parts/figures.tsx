/** Some figures with their names, side by side. */
import type { ComponentChildren } from 'preact';

export type NamedFigures = readonly (readonly [name: string, value: string])[];

/** `children`: more of them, each a `div` with `dt` and `dd`. */
export function FigureList({ figures, children }: { figures: NamedFigures; children?: ComponentChildren }) {
  return (
    <dl class="figures">
      {figures.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
      {children}
    </dl>
  );
}
