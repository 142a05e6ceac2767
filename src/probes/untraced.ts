/** Libraries by which programs serve requests that are not traced: only named, so that nobody waits for their spans. */

interface Server {
  /** A function that is linked exactly if the program serves by it. */
  readonly by: string;
  /** … unless one of these is, through which it is traced. */
  readonly unless: readonly string[];
}

/** By import path. */
const servers: Readonly<Record<string, Server>> = {
  'github.com/valyala/fasthttp': {
    by: 'github.com/valyala/fasthttp.(*Server).serveConn',
    unless: [
      'github.com/gofiber/fiber/v2.(*App).handler',
      'github.com/gofiber/fiber/v3.(*App).requestHandler',
    ],
  },
};

export const untracedServerFunctions: readonly string[] = Object.values(servers).flatMap(({ by, unless }) => [
  by,
  ...unless,
]);

/** Import paths of those that are linked. */
export function untracedServersIn(functions: ReadonlyMap<string, unknown>): string[] {
  return Object.entries(servers)
    .filter(([, { by, unless }]) => functions.has(by) && !unless.some((name) => functions.has(name)))
    .map(([path]) => path);
}
