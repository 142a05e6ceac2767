/** Why a span was slow, in one word with the colour of what its time went to. */
import { causeColour, causeLabel, causeMeaning } from '../time-uses.ts';

export function CauseChip({ cause, count }: { cause: string; count?: string | undefined }) {
  return (
    <span class="chip" title={causeMeaning(cause)}>
      <i class="swatch" style={{ backgroundColor: causeColour(cause) }} />
      {causeLabel(cause)}
      {count !== undefined && <b> {count}</b>}
    </span>
  );
}
