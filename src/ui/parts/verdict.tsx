/** The sentence that says why a span was slow; its cause first. */
import type { ComponentChildren } from 'preact';
import { percentText } from '../format.ts';
import { causeColour, causeLabel, causeMeaning } from '../time-uses.ts';

export function Verdict({
  sentence,
  share,
  confidence,
  to,
  children,
}: {
  sentence: string;
  share?: number | undefined;
  confidence?: number | undefined;
  /** Where its evidence is. */
  to?: string | undefined;
  children?: ComponentChildren;
}) {
  const [cause = '', said = ''] = sentence.split(/: (.*)/s);
  const colour = causeColour(cause);
  return (
    <section class="card verdict" style={{ borderLeftColor: colour }} aria-label="Why it was slow">
      <h2 class="minor">
        Why it was slow:{' '}
        <span class="chip strong" title={causeMeaning(cause)}>
          <i class="swatch" style={{ backgroundColor: colour }} />
          {causeLabel(cause)}
        </span>
        {share !== undefined && ` explains ${percentText(share)} of it`}
        {confidence !== undefined &&
          confidence < 0.995 &&
          `, ${percentText(confidence)} of the time is known`}
      </h2>
      <p class="sentence">
        {said === '' ? sentence : said}{' '}
        {to !== undefined && (
          <a class="evidence-link" href={to}>
            See the evidence
          </a>
        )}
      </p>
      {children}
    </section>
  );
}
