/** A child process of a test: started, awaited by a line of its output, ended by its pid. */

import { type ChildProcess, spawn } from 'node:child_process';

export interface ChildOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Gives it a standard input to write to. */
  readonly input?: boolean;
}

export class Child {
  readonly process: ChildProcess;
  /** Everything written so far. */
  stdout = '';
  stderr = '';
  /** Resolves to the exit code, or to the name of the signal that ended the process. */
  readonly ended: Promise<number | string>;

  constructor(command: string, args: readonly string[], options: ChildOptions = {}) {
    this.process = spawn(command, args, {
      stdio: [options.input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    this.process.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.ended = new Promise((done) => {
      this.process.on('error', (error) => done(error.message));
      this.process.on('close', (code, signal) => done(code ?? signal ?? 'unknown'));
    });
  }

  get pid(): number {
    if (this.process.pid === undefined) throw new Error(`cannot start ${this.process.spawnfile}`);
    return this.process.pid;
  }

  /** Waits until stdout or stderr matches, and returns the match; fails when the child ends or the time is over. */
  async output(pattern: RegExp, timeoutMs = 20_000): Promise<RegExpExecArray> {
    let end: number | string | undefined;
    void this.ended.then((how) => {
      end = how;
    });
    return await eventually(`output ${pattern}`, timeoutMs, () => {
      const match = pattern.exec(this.stdout) ?? pattern.exec(this.stderr);
      if (!match && end !== undefined)
        throw new Error(`ended with ${end} before ${pattern}:\n${this.tail()}`);
      return match ?? undefined;
    });
  }

  /** Ends the child (SIGTERM, after `graceMs` SIGKILL) and returns how it ended. Safe to call again. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', graceMs = 10_000): Promise<number | string> {
    this.process.kill(signal);
    const timer = setTimeout(() => this.process.kill('SIGKILL'), graceMs);
    const how = await this.ended;
    clearTimeout(timer);
    return how;
  }

  private tail(): string {
    return (this.stdout + this.stderr).slice(-2_000);
  }
}

/** Asks again until there is an answer other than undefined; fails by name when the time is over. */
export async function eventually<T>(
  what: string,
  timeoutMs: number,
  ask: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error(`no ${what} within ${timeoutMs} ms`);
    await new Promise((done) => setTimeout(done, 20));
  }
}
