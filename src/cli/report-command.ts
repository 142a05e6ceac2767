/** `goidspan report` and `goidspan diff`: what the requests of recordings spent their time on, route by route. */
import { GoidspanError } from '../errors.ts';
import { replay } from '../tracer/replay.ts';
import { Requests } from '../verdict/requests.ts';
import { type RouteDiff, routeDiff } from '../verdict/route-diff.ts';
import { gainOf, type RouteReport, routeReport } from '../verdict/route-report.ts';
import type { Invocation } from './arguments.ts';
import { EXIT_SUCCESS } from './exit-code.ts';
import { openRecording } from './open-recording.ts';
import { formatDiff, formatReport } from './report-text.ts';
import type { CommandContext } from './session.ts';

type Of<Kind> = Extract<Invocation, { kind: Kind }>;

export async function reportCommand(
  { file, asJson }: Of<'report'>,
  context: CommandContext,
): Promise<number> {
  const routes = await reportsOf(file, context);
  context.terminal.writeOut(asJson ? jsonOf({ routes }) : formatReport(routes));
  return EXIT_SUCCESS;
}

export async function diffCommand(
  { before, after, asJson }: Of<'diff'>,
  context: CommandContext,
): Promise<number> {
  const diffs = diffsOf(await reportsOf(before, context), await reportsOf(after, context));
  context.terminal.writeOut(asJson ? jsonOf({ routes: diffs }) : formatDiff(diffs));
  return EXIT_SUCCESS;
}

const jsonOf = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

/** Of each route of a service; the one with most to gain comes first. */
async function reportsOf(file: string, { terminal, stop }: CommandContext): Promise<RouteReport[]> {
  const services = new Map<number, string>();
  const requests = new Map<string, { service: string; route: string; of: Requests }>();
  const { end, batches } = await replay(await openRecording(file), {
    name: file,
    processors: [],
    isStopped: () => stop.isDue,
    onTarget: ({ targetId, serviceName }) => services.set(targetId, serviceName),
    onRequest: ({ targetId, route, durationNs, byCause }) => {
      const service = services.get(targetId) ?? 'unknown';
      const key = `${service} ${route}`;
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
  return [...requests.values()]
    .map(({ service, route, of }) => routeReport(service, route, of))
    .sort((a, b) => gainOf(b) - gainOf(a));
}

/** What became slower comes first. */
function diffsOf(before: readonly RouteReport[], after: readonly RouteReport[]): RouteDiff[] {
  const keyOf = ({ service, route }: RouteReport): string => `${service} ${route}`;
  const earlier = new Map(before.map((report) => [keyOf(report), report]));
  const later = new Map(after.map((report) => [keyOf(report), report]));
  const order: readonly RouteDiff['change'][] = ['slower', 'faster', 'new', 'gone', 'unclear'];
  return [...new Set([...later.keys(), ...earlier.keys()])]
    .map((key) => routeDiff(earlier.get(key), later.get(key)))
    .sort((a, b) => order.indexOf(a.change) - order.indexOf(b.change));
}
