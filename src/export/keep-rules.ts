/** Which traces are kept, by how their local root has ended: `slow,error,ratio=0.01`. Pure. */

/** A trace is kept if any of these is so. */
export interface KeepRules {
  readonly slow: boolean;
  readonly error: boolean;
  /** So many of all are drawn by their trace ids, 0 to 1. */
  readonly ratio: number;
}

/** What a text must be. */
export const KEEP_FORM =
  'a list of slow, error and ratio=SHARE, each once, with a share from 0 to 1, e.g. slow,error,ratio=0.01';

/** The rules that a text says; undefined if it is not {@link KEEP_FORM}. */
export function keepRulesOf(text: string): KeepRules | undefined {
  const words = text.split(',').map((word) => word.trim().split('='));
  const names = words.map(([name = '']) => name);
  const isKnown = words.every(([name, value, ...more]) =>
    name === 'ratio'
      ? more.length === 0 && isShare(value)
      : value === undefined && (name === 'slow' || name === 'error'),
  );
  if (!isKnown || new Set(names).size < names.length) return undefined;
  const ratio = words.find(([name]) => name === 'ratio')?.[1];
  return { slow: names.includes('slow'), error: names.includes('error'), ratio: Number(ratio ?? 0) };
}

const isShare = (text: string | undefined): boolean =>
  text !== undefined && /^\d*\.?\d+(e-?\d+)?$/.test(text) && Number(text) <= 1;

/** `GOIDSPAN_KEEP`; undefined if it is not set, or cannot be used: `warn` is told. */
export function keepVariable(env: NodeJS.ProcessEnv, warn: (message: string) => void): KeepRules | undefined {
  const value = env['GOIDSPAN_KEEP']?.trim();
  if (value === undefined || value === '') return undefined;
  const rules = keepRulesOf(value);
  if (rules === undefined) warn(`GOIDSPAN_KEEP=${value} is ignored: not ${KEEP_FORM}`);
  return rules;
}
