/** The level that the environment chooses. */
import { isLevel, LEVELS, type ProbeLevel } from './hook.ts';

/** `GOIDSPAN_LEVEL`; undefined if it is not set, or names none: `warn` is told. */
export function levelVariable(
  env: NodeJS.ProcessEnv,
  warn: (message: string) => void,
): ProbeLevel | undefined {
  const value = env['GOIDSPAN_LEVEL']?.trim();
  if (value === undefined || value === '') return undefined;
  if (isLevel(value)) return value;
  warn(`GOIDSPAN_LEVEL=${value} is ignored: not one of ${LEVELS.join(', ')}`);
  return undefined;
}
