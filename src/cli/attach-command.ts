/** `goidspan attach`: programs that run already, and those that will be started. */
import { GoidspanError } from '../errors.ts';
import type { Invocation } from './arguments.ts';
import { type CommandContext, Session } from './session.ts';
import type { Stop } from './stop.ts';

/** What to trace. */
type Targets = Pick<Extract<Invocation, { kind: 'attach' }>, 'pids' | 'globs' | 'sameNetwork'>;

/** Runs until the targets have ended or a reason to stop comes. Resolves with the exit code. */
export async function attachCommand(
  { common, ...targets }: Extract<Invocation, { kind: 'attach' }>,
  context: CommandContext,
): Promise<number> {
  const { stop } = context;
  if (common.durationSeconds !== undefined) stop.after(common.durationSeconds);
  const session = await Session.open(common, context);
  return session.during(async () => {
    await attachTargets(session, targets);
    await untilOver(session, targets, stop);
  });
}

/** One target that cannot be attached does not stop the others. */
export async function attachTargets(
  session: Session,
  { pids, globs, sameNetwork = false }: Targets,
): Promise<void> {
  for (const pid of pids) await attachPid(session, pid);
  if (globs.length === 0) return;
  const attached = await session.tracer.followExecutables(globs, { sameNetwork });
  if (attached === 0) session.say(`waiting for a program that matches ${globs.join(' or ')}`);
}

/** Resolves with a reason to stop, or when the last of some processes has ended. */
export async function untilOver(session: Session, { globs }: Targets, stop: Stop): Promise<void> {
  if (globs.length === 0) await Promise.race([stop.reason, session.allEnded()]);
  else await stop.reason;
  if (globs.length > 0 && !session.hasAttached) {
    session.say(`nothing was attached: no Go program that matches ${globs.join(' or ')} has run`);
  }
}

async function attachPid(session: Session, pid: number): Promise<void> {
  try {
    await session.tracer.attachPid(pid);
  } catch (error) {
    if (!(error instanceof GoidspanError)) throw error;
    session.say(error.message);
  }
}
