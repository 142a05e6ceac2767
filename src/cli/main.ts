#!/usr/bin/env node
/** The command `goidspan`. Owns the process: arguments, streams, exit code. */
import { GoidspanError, remedyOf } from '../errors.ts';
import { VERSION } from '../version.ts';
import { parseArguments } from './arguments.ts';
import { EXIT_SUCCESS, EXIT_USAGE, exitCodeOfError } from './exit-code.ts';
import { UsageError } from './option-values.ts';
import type { CommandContext } from './session.ts';
import { Stop } from './stop.ts';
import { outputTaken, processTerminal, type Terminal } from './terminal.ts';

async function main(args: readonly string[], stop: Stop, terminal: Terminal): Promise<number> {
  try {
    const invocation = parseArguments(args);
    const context: CommandContext = {
      terminal,
      env: process.env,
      stop,
      // Loaded only when wanted: help must not need the native library.
      openTracer: async (options) => {
        const { giveMemoryBack } = await import('../kernel/memory.ts');
        giveMemoryBack();
        return (await import('../tracer/tracer.ts')).Tracer.open({ ...options, idlePriority: true });
      },
    };
    switch (invocation.kind) {
      case 'help':
        terminal.writeOut(invocation.text);
        return EXIT_SUCCESS;
      case 'version':
        terminal.writeOut(`${VERSION}\n`);
        return EXIT_SUCCESS;
      // Loaded only when wanted: each brings much that the others do not need.
      case 'run':
        return await (await import('./run-command.ts')).runCommand(invocation, context);
      case 'attach':
        return await (await import('./attach-command.ts')).attachCommand(invocation, context);
      case 'serve':
        return await (await import('./serve-command.ts')).serveCommand(invocation, context);
      case 'top':
        return await (await import('./top-command.ts')).topCommand(invocation, context);
      case 'record':
        return await (await import('./record-command.ts')).recordCommand(invocation, context);
      case 'replay':
        return await (await import('./replay-command.ts')).replayCommand(invocation, context);
      case 'report':
        return await (await import('./report-command.ts')).reportCommand(invocation, context);
      case 'diff':
        return await (await import('./report-command.ts')).diffCommand(invocation, context);
      case 'profile':
        return await (await import('./profile-command.ts')).profileCommand(invocation, context);
      case 'advise':
        return await (await import('./advise-command.ts')).adviseCommand(invocation, context);
      case 'inspect':
        return await (await import('./inspect-command.ts')).inspectCommand(invocation, terminal);
      case 'doctor':
        return await (await import('./doctor-command.ts')).doctorCommand(invocation, context);
    }
  } catch (error) {
    if (error instanceof UsageError) {
      terminal.say(error.message);
      return EXIT_USAGE;
    }
    terminal.say(messageOf(error));
    return exitCodeOfError(error);
  }
}

function messageOf(error: unknown): string {
  if (error instanceof GoidspanError) return error.message;
  const said = error instanceof Error ? error.message : String(error);
  // Nothing that must be opened is spared by a limit, not even our own code.
  const remedy = remedyOf(said, '');
  if (remedy !== '') return `cannot go on: ${said} (${remedy})`;
  return `internal error: ${error instanceof Error ? error.stack : said}`;
}

const stop = new Stop();
const terminal = processTerminal(() => stop.now('output_closed'));
// The tracer keeps no process alive: the command lives until it has an exit code.
setInterval(() => {}, 2 ** 30);
const exitCode = await main(process.argv.slice(2), stop, terminal);
// Whoever reads us may be slow, or a person with a pager; a signal ends that.
stop.dispose();
await outputTaken();
// Not `process.exitCode`: connections of exporters may stay open for a while.
process.exit(exitCode);
