/** The level that the environment chooses. */
import { envChoice } from './env-choice.ts';
import { LEVELS, type ProbeLevel } from './hook.ts';

/** `GOIDSPAN_LEVEL`; undefined if it is not set, or names none: `warn` is told. */
export const levelVariable = (
  env: NodeJS.ProcessEnv,
  warn: (message: string) => void,
): ProbeLevel | undefined => envChoice(env, 'GOIDSPAN_LEVEL', LEVELS, warn);
