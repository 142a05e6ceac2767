/** A place in the code of a program, or of the kernel, as the frames that a person would see there. */
import type { Symbolizer } from '../binary/symbolizer.ts';
import { type CodeFrame, type CodePlace, KERNEL_FILE } from '../correlate/code-place.ts';
import type { KernelSymbols } from './kernel-symbols.ts';

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

/** Where the kernel was, and where that returns to, innermost first; of what is not known one frame says so. */
export function kernelFramesOf(
  symbols: KernelSymbols | undefined,
  pcs: readonly number[],
): readonly CodeFrame[] {
  // A return address may be behind the end of a function that never returns.
  const names = pcs.map((pc, index) => symbols?.nameAt(index > 0 ? pc - 1 : pc) ?? KERNEL_FILE);
  return names
    .filter((name, index) => name !== KERNEL_FILE || names[index - 1] !== KERNEL_FILE)
    .map((name) => ({ function: name, file: KERNEL_FILE, line: 0, isInlined: false }));
}
