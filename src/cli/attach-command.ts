/** `goidspan attach`: programs that run already, and those that will be started. */
import { GoidspanError } from '../errors.ts';
import type { Invocation } from './arguments.ts';
import { type CommandContext, Session } from './session.ts';

/** Runs until the targets have ended or a reason to stop comes. Resolves with the exit code. */
export async function attachCommand(
  { common, pids, globs }: Extract<Invocation, { kind: 'attach' }>,
  context: CommandContext,
): Promise<number> {
  const { stop } = context;
  if (common.durationSeconds !== undefined) stop.after(common.durationSeconds);
  const session = await Session.open(common, context);
  try {
    for (const pid of pids) await attachPid(session, pid);
    if (globs.length > 0) {
      const attached = await session.tracer.followExecutables(globs);
      if (attached === 0) session.say(`waiting for a program that matches ${globs.join(' or ')}`);
      await stop.reason;
    } else {
      await Promise.race([stop.reason, session.allEnded()]);
    }
  } catch (error) {
    await session.finish();
    throw error;
  }
  if (globs.length > 0 && !session.hasAttached) {
    session.say(`nothing was attached: no Go program that matches ${globs.join(' or ')} has run`);
  }
  return session.finish();
}

/** One target that cannot be attached does not stop the others. */
async function attachPid(session: Session, pid: number): Promise<void> {
  try {
    await session.tracer.attachPid(pid);
  } catch (error) {
    if (!(error instanceof GoidspanError)) throw error;
    session.say(error.message);
  }
}
