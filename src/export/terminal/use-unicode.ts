/** Whether to write characters beyond ASCII of which fonts may have none. Pure. */

/**
 * Where the locale's characters are UTF-8. The first variable that is not empty decides.
 * Source: https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap08.html#tag_08_02
 */
export function useUnicode(env: NodeJS.ProcessEnv): boolean {
  return /utf-?8/i.test(env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '');
}
