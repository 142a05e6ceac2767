/** `goidspan run`: a command that is traced from its first instruction. */
import { destinationsOf } from '../export/settings.ts';
import type { Invocation } from './arguments.ts';
import { HeldChild } from './held-child.ts';
import { programsNamedIn } from './named-programs.ts';
import { type CommandContext, Session } from './session.ts';
import type { Stop, StopReason } from './stop.ts';

/** Passed on without a thought: they mean nothing to us. */
const PASSED_ON = ['SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;

/** After SIGTERM at the end of `--duration`. */
const KILL_AFTER_MS = 5_000;

/** Runs until the command has ended. Resolves with the exit code: the command's own, if it failed. */
export async function runCommand(
  { common, command }: Extract<Invocation, { kind: 'run' }>,
  context: CommandContext,
): Promise<number> {
  const isLooked = isLookedAt(context);
  const level = isLooked ? 'cpu' : undefined;
  const session = await Session.open(common, { ...context, level, hasUsualPage: isLooked });
  try {
    const child = await HeldChild.start(command, context.env);
    try {
      await session.tracer.attachCommand(child.pid, child.executable, programsNamedIn(command, context.env));
    } catch (error) {
      await child.abandon();
      throw error;
    }
    if (common.durationSeconds !== undefined) context.stop.after(common.durationSeconds);
    child.release();
    const exitCode = await followToItsEnd(child, context.stop);
    if (!session.hasAttached) {
      session.say(`nothing was attached: ${command[0]} is not a Go program and has started none`);
    }
    return await session.finish(exitCode);
  } catch (error) {
    await session.finish();
    throw error;
  }
}

/** Somebody looks at its requests on a terminal, and wants to know why they are slow. */
function isLookedAt({ terminal, env }: CommandContext): boolean {
  const destinations = destinationsOf(env, () => {}) ?? ['console'];
  return terminal.isStdoutTerminal && destinations.includes('console');
}

async function followToItsEnd(child: HeldChild, stop: Stop): Promise<number> {
  const passOn = (signal: NodeJS.Signals): void => child.kill(signal);
  for (const signal of PASSED_ON) process.on(signal, passOn);
  try {
    const first = await Promise.race([child.ended, stop.reason]);
    return typeof first === 'number' ? first : await end(child, first);
  } finally {
    for (const signal of PASSED_ON) process.off(signal, passOn);
  }
}

/** A terminal sends SIGINT to the command itself; a second one would make some programs exit at once. */
async function end(child: HeldChild, reason: StopReason): Promise<number> {
  if (reason === 'duration' || reason === 'output_closed') {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
    const exitCode = await child.ended;
    clearTimeout(timer);
    // It ended because we said so.
    return exitCode > 128 ? 0 : exitCode;
  }
  const isFromTerminal = reason === 'SIGINT' && process.stdin.isTTY === true;
  if (!isFromTerminal) child.kill(reason);
  return child.ended;
}
