/** `goidspan profile`: where the time of processes went in their code, by request, live or of a recording. */
import { GoidspanError } from '../errors.ts';
import { routesVariable } from '../export/route-variable.ts';
import { Clock } from '../kernel/clock.ts';
import { CodeEvents } from '../profile/code-events.ts';
import { compareProfiles } from '../profile/compare-profiles.ts';
import { type MadeProfile, periodOf, profileOf, VALUE_NUMBERS } from '../profile/profile-of.ts';
import type { TargetInfo } from '../tracer/api.ts';
import { replay } from '../tracer/replay.ts';
import { ktimeNs } from '../wire/batch.ts';
import type { ProfileInvocation } from './arguments.ts';
import type { CollectedProfile } from './collected-profile.ts';
import { EXIT_FAILURE, EXIT_SUCCESS } from './exit-code.ts';
import type { FetchedGoProfile } from './go-profile-request.ts';
import { openRecording } from './open-recording.ts';
import { fileNameOf, goFileOf, outputOf, piecesOf, writePieces } from './profile-output.ts';
import { comparisonTable, headline, pointsApart, TOP, topTable } from './profile-text.ts';
import type { CommandContext } from './session.ts';
import { count } from './summary.ts';

/** Between our clock and that of Go's profile. */
const CLOCK_ERROR_MAX_NS = 500;

/** Resolves with the exit code. */
export async function profileCommand(
  invocation: ProfileInvocation,
  context: CommandContext,
): Promise<number> {
  const { terminal } = context;
  const clock = invocation.goProfile ? new Clock() : undefined;
  const collected = await collect(invocation, context);
  const { events, processes, window, goProfile, exitCode, lost } = collected;
  const options = { processes, window, filter: invocation.filter };
  const info = infoOf(collected);
  const made = profileOf(events, info, options);
  if (lost > 0) terminal.say(`${lost} records were lost because they came too fast: the profile has holes`);
  if (events.refused > 0)
    terminal.say(
      `${events.refused} samples and waits are left out: they are too many (choose a shorter --duration)`,
    );
  // Waits are told at other levels as well, but not where.
  if (made.samples + made.placed === 0) {
    terminal.say(whyNothing(invocation, collected));
    return exitCode || EXIT_FAILURE;
  }
  const [{ serviceName: name = 'profile' } = {}] = processes.values();
  const fileName = fileNameOf(name, new Date());
  const file = outputOf(invocation, terminal, fileName);
  const pieces = piecesOf({ profile: made.profile, events, options, name }, invocation);
  if (file === undefined) for (const piece of pieces) terminal.writeOut(piece);
  else writePieces(file, pieces);
  terminal.say(headline(made));
  terminal.writeError(topTable(made, invocation.value));
  if (goProfile && clock) {
    const goFile = goFileOf(file, fileName);
    writePieces(goFile, [goProfile.bytes]);
    layBeside(goProfile, collected, clock, context);
    terminal.say(`Go's own profile is in ${goFile}`);
  }
  if (file !== undefined) terminal.say(`the profile is in ${file}`);
  return exitCode;
}

async function collect(invocation: ProfileInvocation, context: CommandContext): Promise<CollectedProfile> {
  const { of } = invocation;
  if (of.kind === 'recording') return collectRecorded(of.file, context);
  const { collectLive } = await import('./profile-live.ts');
  return collectLive({ ...invocation, of }, context);
}

async function collectRecorded(
  file: string,
  { terminal, env, stop }: CommandContext,
): Promise<CollectedProfile> {
  const events = new CodeEvents();
  const processes = new Map<number, TargetInfo>();
  const { end, batches } = await replay(await openRecording(file), {
    name: file,
    processors: [],
    routes: routesVariable(env, (message) => terminal.say(message)),
    codeSink: events,
    isStopped: () => stop.isDue,
    onTarget: (target) => processes.set(target.targetId, target),
  });
  if (end !== 'complete') terminal.say(`${file} was not read to its end: ${batches} whole batches`);
  return {
    events,
    processes,
    window: undefined,
    exitCode: end === 'damaged' ? EXIT_FAILURE : EXIT_SUCCESS,
    lost: 0,
  };
}

/** What is true of all of a profile. */
function infoOf({ events, processes, window }: CollectedProfile) {
  const { start } = events;
  const [{ exe = '' } = {}] = processes.values();
  const value = periodOf(events);
  const [fromNs, toNs] = window ? [window.fromNs, window.toNs] : [0, lastOf(events)];
  return {
    program: { file: exe },
    ...(value !== undefined && { period: { type: 'cpu', unit: 'nanoseconds', value } }),
    ...(start && { startUnixMs: start.unix[0] * 1e3 + (start.unix[1] + fromNs) / 1e6 }),
    durationMs: (toNs - fromNs) / 1e6,
  };
}

const lastOf = ({ all }: CodeEvents): number =>
  all.reduce((last, event) => Math.max(last, event.kind === 'wait' ? event.toNs : event.fromNs), 0);

function whyNothing({ of, filter }: ProfileInvocation, { events }: CollectedProfile): string {
  const taken = events.all.filter(({ kind, code }) => kind === 'sample' || code.frames.length > 0).length;
  if (taken > 0) {
    const isFiltered = Object.values(filter).some((value) => value !== undefined);
    return isFiltered
      ? `no sample: ${taken} were taken, but none belongs to what was asked for`
      : 'no sample: none was taken in that time';
  }
  return of.kind === 'recording'
    ? `no sample: ${of.file} has none (record it with --level cpu)`
    : 'no sample: the program was on no processor when these were looked at, and nothing in a request of it waited (is there any load? --hz looks more often)';
}

/** Says how far the two agree over the time of Go's profile. Throws where their clocks cannot be compared. */
function layBeside(
  { said }: FetchedGoProfile,
  { events, processes }: CollectedProfile,
  clock: Clock,
  { terminal }: CommandContext,
): void {
  if (events.start === undefined) return;
  if (clock.measure()) throw unaligned('the wall clock was set meanwhile');
  if (clock.errorNs > CLOCK_ERROR_MAX_NS)
    throw unaligned(
      `the clocks of the two are known within ${clock.errorNs} ns only, not ${CLOCK_ERROR_MAX_NS}`,
    );
  const [seconds, nanos] = clock.toUnix(events.start.ktime);
  const fromNs = Number(said.startUnixNs - ktimeNs([seconds, nanos]));
  const ours: MadeProfile = profileOf(
    events,
    {},
    { processes, window: { fromNs, toNs: fromNs + said.durationNs } },
  );
  const compared = compareProfiles(
    { profile: ours.profile, value: VALUE_NUMBERS.cpu },
    { profile: said.profile, value: said.cpu },
    TOP,
  );
  terminal.say(
    `beside Go's own profile, over its ${(said.durationNs / 1e9).toFixed(3)} s, on clocks that agree within ${clock.errorNs} ns: the largest difference is ${pointsApart(compared)} points, of ${count(ours.samples)} and ${count(said.samples)} samples`,
  );
  terminal.writeError(comparisonTable(compared));
}

const unaligned = (why: string): GoidspanError =>
  new GoidspanError('no_go_profile', `cannot lay Go's own profile beside ours: ${why} (try again)`);
