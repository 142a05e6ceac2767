/** Places in the code of a program, as records name them. */

/** Where something was, and how it came there. Link-time addresses. */
export interface CodePlace {
  readonly targetId: number;
  /** 0: not known, the frames around it are all there is. */
  readonly pc: number;
  /** Where it returns to, if the function at `pc` has no frame; else any code address, or 0. */
  readonly link: number;
  /** Names the frames around it; 0: there are none. */
  readonly stackId: number;
}

/** A function that was running, or had called the one before it. */
export interface CodeFrame {
  /** As Go prints it, e.g. `main.(*Cache).Fill`. */
  readonly function: string;
  /** As the compiler wrote it; empty if not known. */
  readonly file: string;
  /** 0 if not known. */
  readonly line: number;
  /** Its code is part of the next frame's function. */
  readonly isInlined: boolean;
}

/** The code that something was seen in: frames innermost first; empty if nothing is known. */
export interface SeenCode {
  readonly frames: readonly CodeFrame[];
  /** What the kernel did for it. */
  readonly kernelFrames: readonly CodeFrame[];
  /** There are more frames, further out. */
  readonly isCut: boolean;
}

/** Stands for the kernel where there would be a target. */
export const KERNEL_ID = 0;
/** What its code says for the file that it is from. */
export const KERNEL_FILE = '[kernel]';

/** The same for places that are the same. */
export const placeKey = ({ targetId, pc, link, stackId }: CodePlace): string =>
  `${targetId} ${pc} ${link} ${stackId}`;

/** Undefined if nothing is known of it. */
export function codePlace(
  targetId: number,
  { pc, link, stackId }: Omit<CodePlace, 'targetId'>,
): CodePlace | undefined {
  return pc === 0 && stackId === 0 ? undefined : { targetId, pc, link, stackId };
}

/** Where the kernel was; undefined if it ran nothing. */
export function kernelPlace(stackId: number): CodePlace | undefined {
  return codePlace(KERNEL_ID, { pc: 0, link: 0, stackId });
}
