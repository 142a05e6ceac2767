/** A place in the code of a program as the frames that a person would see there. */
import type { Symbolizer } from '../binary/symbolizer.ts';
import type { CodeFrame, CodePlace } from '../correlate/code-place.ts';

/** A place, and the return addresses of the frames around it, innermost first. */
export interface PlacedStack {
  readonly place: Pick<CodePlace, 'pc' | 'link'>;
  readonly pcs: readonly number[];
}

export function framesOf(
  symbols: Symbolizer,
  { place: { pc, link }, pcs }: PlacedStack,
): readonly CodeFrame[] {
  const isLinked = link !== 0 && !symbols.hasFrame(pc);
  const found = symbols.symbolizeStack([pc, ...(isLinked ? [link] : []), ...pcs]);
  return found.map(({ function: name, file, line, isInlined }) => ({
    function: name,
    file,
    line,
    isInlined,
  }));
}
