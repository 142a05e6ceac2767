/** What a terminal can show. */

/** What to do with a part of a line. */
export type Paint = (style: 'bold' | 'dim' | 'red' | 'green' | 'yellow', text: string) => string;

/** How trees look. */
export interface Style {
  readonly paint: Paint;
  /** Block characters may be written. */
  readonly useUnicode: boolean;
}

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const;

/** Escape sequences of ANSI (ECMA-48, SGR), or nothing. */
export function paintOf(useColor: boolean): Paint {
  return useColor
    ? (style, text) => (text === '' ? '' : `\u001b[${CODES[style]}m${text}\u001b[0m`)
    : (_style, text) => text;
}
