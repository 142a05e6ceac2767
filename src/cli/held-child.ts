/**
 * A command that is started but held before its first instruction, until the tracer is attached. Its pid is final:
 * a shell waits for a line on a pipe of its own and then becomes the command.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Writable } from 'node:stream';
import { GoidspanError, remedyOf } from '../errors.ts';
import { exitCodeOfSignal } from './exit-code.ts';

/** Ends without running the command when the pipe closes without a line: when the tracer has died. */
const HOLD = 'read -r _ <&3 || exit 127; exec 3<&-; exec "$0" "$@"';

/** A child process with our standard streams. */
export class HeldChild {
  readonly pid: number;
  /** Path of the file that the command will execute, without symbolic links: as `/proc/<pid>/exe` will show it. */
  readonly executable: string;
  /** Resolves with the exit code; 128 and its number for a signal. */
  readonly ended: Promise<number>;
  readonly #process: ChildProcess;
  readonly #gate: Writable;

  /**
   * Starts the command and holds it.
   * @throws {GoidspanError} `cannot_run` when there is no such executable file, or no process can be made.
   */
  static async start(command: readonly [string, ...string[]], env: NodeJS.ProcessEnv): Promise<HeldChild> {
    const [name, ...args] = command;
    const executable = executableOf(name, env);
    const child = spawn('/bin/sh', ['-c', HOLD, name, ...args], {
      stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) =>
        reject(
          new GoidspanError(
            'cannot_run',
            `cannot run ${name}: ${error.message} (${remedyOf(error.message, 'can /bin/sh be started?')})`,
            {
              cause: error,
            },
          ),
        ),
      );
    });
    return new HeldChild(child, executable);
  }

  private constructor(child: ChildProcess, executable: string) {
    this.#process = child;
    this.executable = executable;
    this.#gate = child.stdio[3] as Writable;
    // The child may be gone before the line is read.
    this.#gate.on('error', () => {});
    this.pid = child.pid ?? 0;
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve(signal ? exitCodeOfSignal(signal) : (code ?? 0)));
    });
  }

  /** Lets the command run. */
  release(): void {
    this.#gate.end('\n');
  }

  /** Ends it without ever running the command. */
  async abandon(): Promise<void> {
    this.#gate.destroy();
    await this.ended;
  }

  /** Sends a signal; a child that is gone is no error. */
  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }
}

/** Looks where the shell will look, so that the error is ours. */
function executableOf(name: string, env: NodeJS.ProcessEnv): string {
  if (name.includes('/')) {
    const problem = problemOf(name);
    if (problem) throw new GoidspanError('cannot_run', `cannot run ${name}: ${problem} (check the path)`);
    return realpathSync(name);
  }
  const path = onPath(name, env);
  if (path !== undefined) return path;
  throw new GoidspanError(
    'cannot_run',
    `cannot run ${name}: not found on the PATH (check the name, or give a path such as ./${name})`,
  );
}

/** The executable file of that name, or at that path, without symbolic links; undefined if there is none. */
export function executableNamed(name: string, env: NodeJS.ProcessEnv): string | undefined {
  if (!name.includes('/')) return onPath(name, env);
  return problemOf(name) === undefined ? realpathSync(name) : undefined;
}

function onPath(name: string, env: NodeJS.ProcessEnv): string | undefined {
  for (const directory of (env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin').split(delimiter)) {
    const path = join(directory || '.', name);
    if (problemOf(path) === undefined) return realpathSync(path);
  }
  return undefined;
}

function problemOf(path: string): string | undefined {
  try {
    if (!statSync(path).isFile()) return 'not a file';
    accessSync(path, constants.X_OK);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : 'not executable';
  }
}
