/** `goidspan doctor`: whether this host can trace, and what to change. */
import { examine } from '../doctor/examine.ts';
import { readHostFacts } from '../doctor/read-host.ts';
import type { Invocation } from './arguments.ts';
import { formatExamination } from './examination-text.ts';
import { EXIT_FAILURE, EXIT_NOTHING_ATTACHED, EXIT_SUCCESS } from './exit-code.ts';
import type { CommandContext } from './session.ts';

const EXIT_CODES = { ok: EXIT_SUCCESS, degraded: EXIT_FAILURE, impossible: EXIT_NOTHING_ATTACHED } as const;

/** Prints on stdout and resolves with the exit code. */
export async function doctorCommand(
  { asJson }: Extract<Invocation, { kind: 'doctor' }>,
  { terminal, env }: Pick<CommandContext, 'terminal' | 'env'>,
): Promise<number> {
  const examination = examine(readHostFacts(env));
  terminal.writeOut(asJson ? `${JSON.stringify(examination, null, 2)}\n` : formatExamination(examination));
  return EXIT_CODES[examination.verdict];
}
