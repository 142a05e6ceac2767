/** What can be chosen for the time in which a route is slow. */
import type { ProbeLevel } from './hook.ts';

/** How deep programs are looked at for a while when a route has become slow; `none`: as deep as before. */
export type Raise = 'none' | Exclude<ProbeLevel, 'spans'>;
export const RAISES: readonly Raise[] = ['none', 'waits', 'runtime', 'cpu'];
export const isRaise = (value: unknown): value is Raise => RAISES.includes(value as Raise);

/** `GOIDSPAN_RAISE`; undefined if it is not set, or names none of them: `warn` is told. */
export function raiseVariable(env: NodeJS.ProcessEnv, warn: (message: string) => void): Raise | undefined {
  const value = env['GOIDSPAN_RAISE']?.trim();
  if (value === undefined || value === '') return undefined;
  if (isRaise(value)) return value;
  warn(`GOIDSPAN_RAISE=${value} is ignored: not one of ${RAISES.join(', ')}`);
  return undefined;
}
