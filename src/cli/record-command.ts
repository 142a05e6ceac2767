/** `goidspan record`: traces like `run` or `attach`, and keeps what the kernel said in a file. */
import { release } from 'node:os';
import { Recorder } from '../recording/recorder.ts';
import { VERSION } from '../version.ts';
import type { Invocation } from './arguments.ts';
import { attachCommand } from './attach-command.ts';
import { EXIT_FAILURE } from './exit-code.ts';
import { runCommand } from './run-command.ts';
import type { CommandContext } from './session.ts';

/** Resolves with the exit code of `run` or `attach`; with 1 if these succeeded and the recording did not. */
export async function recordCommand(
  { file, of }: Extract<Invocation, { kind: 'record' }>,
  context: CommandContext,
): Promise<number> {
  const { terminal } = context;
  const recorder = Recorder.create(
    file,
    {
      version: VERSION,
      startedAt: new Date().toISOString(),
      scope: { name: 'goidspan', version: VERSION },
      about: {
        kernel: release(),
        sampler: context.env['OTEL_TRACES_SAMPLER'] ?? '',
        sampler_arg: context.env['OTEL_TRACES_SAMPLER_ARG'] ?? '',
      },
    },
    (error) => terminal.say(error.message),
  );
  const recording: CommandContext = {
    ...context,
    isQuiet: true,
    openTracer: (options) => context.openTracer({ ...options, recorder }),
  };
  try {
    const code = await (of.kind === 'run' ? runCommand(of, recording) : attachCommand(of, recording));
    const { batches, bytes } = recorder.size;
    terminal.say(`recorded ${batches} batches, ${bytes} bytes, to ${file}`);
    return recorder.isWhole ? code : code || EXIT_FAILURE;
  } finally {
    recorder.close();
  }
}
