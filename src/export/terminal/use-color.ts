/** Whether to write colours. Pure. */

/**
 * Colours only on a terminal. `FORCE_COLOR` (not `0`) wins over `NO_COLOR` (not empty), as in Node itself.
 * Sources: https://no-color.org, https://nodejs.org/docs/latest-v20.x/api/cli.html#force_color1-2-3
 */
export function useColor(isTerminal: boolean, env: NodeJS.ProcessEnv): boolean {
  const force = env['FORCE_COLOR'];
  if (force !== undefined) return force !== '0' && force !== 'false';
  if (env['NO_COLOR'] || env['TERM'] === 'dumb') return false;
  return isTerminal;
}
