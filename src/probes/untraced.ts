/** Libraries by which programs serve requests that are not traced: only named, so that nobody waits for their spans. */

/** Import path → a function that is linked exactly if the program serves by it. */
const servers: Readonly<Record<string, string>> = {
  'github.com/valyala/fasthttp': 'github.com/valyala/fasthttp.(*Server).serveConn',
};

export const untracedServerFunctions: readonly string[] = Object.values(servers);

/** Import paths of those that are linked. */
export function untracedServersIn(functions: ReadonlyMap<string, unknown>): string[] {
  return Object.keys(servers).filter((path) => functions.has(servers[path] as string));
}
