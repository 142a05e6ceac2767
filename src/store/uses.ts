/** What is kept of a span as numbers of one byte: what its time was spent on, and why it was slow. Their order is part of the format. */
import { timeUses } from '../correlate/time-spent.ts';
import { CAUSES } from '../correlate/verdict.ts';

/** Of `goidspan.breakdown` and `goidspan.wait.top`. */
export const USES: readonly string[] = timeUses.map(([name]) => name);
export const USE_COUNT = USES.length;
/** A whole duration, as share. */
export const WHOLE = 255;

/** The attribute is not there. */
export const NO_CODE = 0;
/** It says what none of ours does: to be read from the span itself. */
export const OTHER_CODE = 255;

const codesOf = (names: readonly string[]) => new Map(names.map((name, index) => [name, index + 1]));
const topCodes = codesOf(USES);
const causeCodes = codesOf(CAUSES);

export const codeOfTop = (name: string): number => topCodes.get(name) ?? OTHER_CODE;
export const codeOfCause = (name: string): number => causeCodes.get(name) ?? OTHER_CODE;
/** Undefined for none and for others. */
export const causeOfCode = (code: number): string | undefined => CAUSES[code - 1];
