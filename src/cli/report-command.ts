/** `goidspan report` and `goidspan diff`: what the requests of recordings spent their time on, route by route. */
import { GoidspanError } from '../errors.ts';
import { routesVariable } from '../export/route-variable.ts';
import { RequestCode } from '../profile/request-code.ts';
import { replay } from '../tracer/replay.ts';
import { codeDiff } from '../verdict/code-diff.ts';
import { Requests } from '../verdict/requests.ts';
import type { RouteCode } from '../verdict/route-code.ts';
import { type RouteDiff, routeDiff } from '../verdict/route-diff.ts';
import { gainOf, type RouteReport, routeReport } from '../verdict/route-report.ts';
import type { Invocation } from './arguments.ts';
import { EXIT_SUCCESS } from './exit-code.ts';
import { openRecording } from './open-recording.ts';
import { formatDiff, formatReport } from './report-text.ts';
import type { CommandContext } from './session.ts';

type Of<Kind> = Extract<Invocation, { kind: Kind }>;

export async function reportCommand(
  { file, routes: named, asJson }: Of<'report'>,
  context: CommandContext,
): Promise<number> {
  const { routes } = await readReports(file, named, context);
  context.terminal.writeOut(asJson ? jsonOf({ routes }) : formatReport(routes));
  return EXIT_SUCCESS;
}

export async function diffCommand(
  { before, after, routes, asJson }: Of<'diff'>,
  context: CommandContext,
): Promise<number> {
  const earlier = await readReports(before, routes, context, new RequestCode());
  const later = await readReports(after, routes, context, new RequestCode());
  const diffs = diffsOf(earlier, later);
  context.terminal.writeOut(asJson ? jsonOf({ routes: diffs }) : formatDiff(diffs));
  return EXIT_SUCCESS;
}

const jsonOf = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

/** What a recording says. */
interface Reports {
  /** Of each route of a service; the one with most to gain comes first. */
  readonly routes: readonly RouteReport[];
  /** By the key of the route; undefined if nothing is known of it. */
  readonly code: ReadonlyMap<string, RouteCode> | undefined;
}

const keyOf = ({ service, route }: Pick<RouteReport, 'service' | 'route'>): string => `${service} ${route}`;

/** `code` takes what is seen of the code of requests, if that is wanted. */
async function readReports(
  file: string,
  named: readonly string[] | undefined,
  { terminal, env, stop }: CommandContext,
  code?: RequestCode,
): Promise<Reports> {
  const services = new Map<number, string>();
  const serviceOf = (targetId: number): string => services.get(targetId) ?? 'unknown';
  const requests = new Map<string, { service: string; route: string; of: Requests }>();
  const { end, batches } = await replay(await openRecording(file), {
    name: file,
    processors: [],
    routes: named ?? routesVariable(env, (message) => terminal.say(message)),
    codeSink: code,
    isStopped: () => stop.isDue,
    onTarget: ({ targetId, serviceName }) => services.set(targetId, serviceName),
    onRequest: ({ targetId, route, durationNs, byCause }) => {
      const service = serviceOf(targetId);
      const key = keyOf({ service, route });
      let known = requests.get(key);
      if (known === undefined) {
        known = { service, route, of: new Requests() };
        requests.set(key, known);
      }
      known.of.add(durationNs, byCause);
    },
  });
  if (end !== 'complete') terminal.say(`${file} was not read to its end: ${batches} whole batches`);
  if (requests.size === 0) {
    throw new GoidspanError(
      'bad_recording',
      `cannot report on ${file}: no request in it says where its time went (record it with --level waits)`,
    );
  }
  const routes = [...requests.values()]
    .map(({ service, route, of }) => routeReport(service, route, of))
    .sort((a, b) => gainOf(b) - gainOf(a));
  return {
    routes,
    code: code?.byRoute((targetId, route) => keyOf({ service: serviceOf(targetId), route })),
  };
}

/** What became slower comes first. */
function diffsOf(before: Reports, after: Reports): RouteDiff[] {
  const earlier = new Map(before.routes.map((report) => [keyOf(report), report]));
  const later = new Map(after.routes.map((report) => [keyOf(report), report]));
  const order: readonly RouteDiff['change'][] = ['slower', 'faster', 'new', 'gone', 'unclear'];
  return [...new Set([...later.keys(), ...earlier.keys()])]
    .map((key) => {
      const diff = routeDiff(earlier.get(key), later.get(key));
      const [from, to] = [before.code?.get(key), after.code?.get(key)];
      return from && to ? { ...diff, code: codeDiff(from, to) } : diff;
    })
    .sort((a, b) => order.indexOf(a.change) - order.indexOf(b.change));
}
