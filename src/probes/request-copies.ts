/** Whether requests that a program serves may be copies of those that came, by what it links and uses. */

import type { ProgramCode } from './program-code.ts';

export const REQUEST = 'net/http.Request';
const copyingMethods: readonly string[] = ['net/http.(*Request).WithContext', 'net/http.(*Request).Clone'];
const copyingHandlers: readonly string[] = [
  'net/http.StripPrefix.func1',
  'net/http.MaxBytesHandler.func1',
  'net/http.AllowQuerySemicolons.func1',
  'net/http.(*timeoutHandler).ServeHTTP',
];
/** What makes requests to begin with, or copies to send on. */
const requestMakers: readonly string[] = ['net/http.', 'net/http/', 'golang.org/x/net/http2.'];

export const copyingFunctions: readonly string[] = [...copyingMethods, ...copyingHandlers];

/**
 * Whether they may be: made by the program (inlined or not), or by a handler of net/http that it links. Without a field for the
 * pattern it does not matter.
 */
export function copiesRequests({ binary, functions }: ProgramCode): boolean {
  if (binary.fieldOffset(REQUEST, 'Pattern') === undefined) return false;
  if (copyingHandlers.some((name) => functions.has(name))) return true;
  const type = binary.structs([REQUEST]).get(REQUEST);
  const copiers = copyingMethods.flatMap((name) => functions.get(name)?.entry ?? []);
  return binary.isUsed(new Set([...copiers, ...(type === undefined ? [] : [type])]), requestMakers);
}
