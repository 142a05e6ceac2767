/** What is seen of the code of running processes, for a while. */
import { setTimeout as sleep } from 'node:timers/promises';
import { GoidspanError } from '../errors.ts';
import { nowKtime } from '../kernel/ktime.ts';
import { CodeEvents } from '../profile/code-events.ts';
import type { TargetInfo, TracerEvent } from '../tracer/api.ts';
import { type Ktime, nanosBetween } from '../wire/batch.ts';
import type { ProfileInvocation } from './arguments.ts';
import { attachTargets } from './attach-command.ts';
import type { CollectedProfile } from './collected-profile.ts';
import { type FetchedGoProfile, fetchGoProfile } from './go-profile-request.ts';
import { type CommandContext, Session } from './session.ts';

const DURATION_SECONDS = 10;
/** What is seen in a request is told by its route once it has ended: so long that is waited for. */
const LINGER_MS = 1_000;
const POLL_MS = 20;

/** Of a live target. */
type Live = ProfileInvocation & { readonly of: { readonly kind: 'attach' } };

export async function collectLive(invocation: Live, context: CommandContext): Promise<CollectedProfile> {
  const { of } = invocation;
  const events = new CodeEvents();
  const targets = new Targets();
  const session = await Session.open(of.common, {
    ...context,
    isQuiet: true,
    isWithoutSummary: true,
    openTracer: (options) =>
      context.openTracer({
        ...options,
        codeSink: events,
        // What is not kept is not looked at either.
        keep: undefined,
        onEvent: (event) => {
          options.onEvent?.(event);
          targets.follow(event);
        },
      }),
  });
  try {
    await attachAll(invocation, session, targets, context);
    const [fromKtime, goProfile] = [nowKtime(), await watch(invocation, session, targets, context)];
    const toKtime = nowKtime();
    await lingerFor(events, session);
    const exitCode = await session.finish();
    return {
      events,
      processes: targets.processes,
      window: windowOf(events, fromKtime, toKtime),
      goProfile,
      exitCode,
      lost: session.tracer.currentStats().lost.byReason['ring_full'] ?? 0,
    };
  } catch (error) {
    await session.finish();
    throw error;
  }
}

/** @throws {GoidspanError} if nothing is there that can be looked at as deep. */
async function attachAll(
  { of }: Live,
  session: Session,
  targets: Targets,
  { stop }: CommandContext,
): Promise<void> {
  await attachTargets(session, of);
  if (of.globs.length > 0) await Promise.race([stop.reason, targets.first]);
  if (targets.processes.size === 0)
    throw new GoidspanError('no_such_process', 'nothing was attached: there is nothing to profile');
  if (targets.processes.size === targets.tooShallow)
    throw new GoidspanError(
      'not_supported_binary',
      'cannot profile: the program cannot be looked at at level cpu (goidspan inspect says why)',
    );
}

/** Until the time is over, Go's profile has come, all have ended or somebody stops it. */
async function watch(
  { of, goProfile }: Live,
  session: Session,
  targets: Targets,
  { stop, terminal }: CommandContext,
): Promise<FetchedGoProfile | undefined> {
  const wanted = of.common.durationSeconds ?? DURATION_SECONDS;
  // Go counts whole seconds.
  const seconds = goProfile ? Math.ceil(wanted) : wanted;
  session.say(`profiling ${targets.names} for ${seconds} s${goProfile ? ', beside Go' : ''}`);
  const progress = terminal.isStderrTerminal
    ? countDown(seconds, (text) => terminal.writeError(text))
    : undefined;
  const aborted = new AbortController();
  const stopped = Promise.race([stop.reason, session.allEnded()]).then(() => aborted.abort());
  try {
    if (goProfile) return await fetchGoProfile(goProfile, seconds, aborted.signal);
    stop.after(seconds);
    await stopped;
  } catch (error) {
    if (!aborted.signal.aborted) throw error;
    session.say("it was stopped before Go's own profile was there");
  } finally {
    clearInterval(progress);
    if (progress) terminal.writeError(CLEAR_LINE);
  }
  return undefined;
}

const CLEAR_LINE = '\r\x1b[K';

function countDown(seconds: number, write: (text: string) => void): NodeJS.Timeout {
  let left = Math.ceil(seconds);
  return setInterval(() => write(`${CLEAR_LINE}${Math.max(0, --left)} s left`), 1_000);
}

async function lingerFor(events: CodeEvents, session: Session): Promise<void> {
  let hasEnded = false;
  void session.allEnded().then(() => {
    hasEnded = true;
  });
  for (const until = Date.now() + LINGER_MS; Date.now() < until && !hasEnded && events.spans.open > 0; )
    await sleep(POLL_MS);
}

function windowOf({ start }: CodeEvents, from: Ktime, to: Ktime) {
  return start && { fromNs: nanosBetween(start.ktime, from), toNs: nanosBetween(start.ktime, to) };
}

/** Who is profiled. */
class Targets {
  readonly processes = new Map<number, TargetInfo>();
  /** Resolves when there is one. */
  readonly first: Promise<void>;
  /** So many are not looked at at the level that this needs. */
  tooShallow = 0;
  #tellFirst: () => void = () => {};

  constructor() {
    this.first = new Promise((resolve) => {
      this.#tellFirst = resolve;
    });
  }

  get names(): string {
    return [...this.processes.values()]
      .map(({ serviceName, pid }) => `${serviceName} (pid ${pid})`)
      .join(', ');
  }

  follow(event: TracerEvent): void {
    if (event.kind !== 'attached') return;
    this.processes.set(event.target.targetId, event.target);
    if (event.notDeeper !== undefined) this.tooShallow++;
    this.#tellFirst();
  }
}
