/** What can be chosen for the time in which a route is slow. */
import { envChoice } from './env-choice.ts';
import { LEVELS, type ProbeLevel } from './hook.ts';

/** How deep programs are looked at for a while when a route has become slow; `none`: as deep as before. */
export type Raise = 'none' | Exclude<ProbeLevel, 'spans'>;
export const RAISES: readonly Raise[] = ['none', ...LEVELS.filter((level) => level !== 'spans')];
export const isRaise = (value: unknown): value is Raise => RAISES.includes(value as Raise);

/** `GOIDSPAN_RAISE`; undefined if it is not set, or names none of them: `warn` is told. */
export const raiseVariable = (env: NodeJS.ProcessEnv, warn: (message: string) => void): Raise | undefined =>
  envChoice(env, 'GOIDSPAN_RAISE', RAISES, warn);
