/**
 * Makes targets of processes: of one that runs, of one that is held before it executes a command, of one that turned up.
 * Owns the races with what the process does meanwhile.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Program, Programs } from '../attach/program.ts';
import type { Target } from '../attach/target.ts';
import { GoidspanError } from '../errors.ts';
import { millisecondsBetween, nowKtime } from '../kernel/ktime.ts';
import { executionOf } from '../process/execution.ts';
import { exeOf, type ProcessFacts, readProcess, requireProcess } from '../process/process.ts';
import { hasSockets } from '../process/sockets.ts';
import type { Ktime } from '../wire/batch.ts';
import type { TargetInfo, TracerEvent } from './api.ts';
import type { TargetLife } from './target-life.ts';
import type { TargetTable } from './target-table.ts';

export interface AttacherOptions {
  readonly programs: Programs;
  readonly table: TargetTable;
  readonly life: TargetLife;
  /** Is a process with that executable named by the user? */
  readonly isNamed: (pid: number, exe: string) => boolean;
  readonly tell: (event: TracerEvent) => void;
}

export class Attacher {
  /** Processes that had sockets before they were attached. */
  late = 0;
  /** Processes that turned up and could not be attached. */
  refused = 0;
  readonly #of: AttacherOptions;
  /** What a held shell may execute. */
  readonly #prepared: Program[] = [];

  constructor(options: AttacherOptions) {
    this.#of = options;
  }

  /** Attaches to a running process. Throws `GoidspanError`. */
  async attachPid(pid: number): Promise<TargetInfo> {
    const { programs, table, life } = this.#of;
    const known = table.liveAt(pid);
    if (known) return known.info;
    const facts = requireProcess(pid);
    const program = await this.#programOf(facts);
    const execution = await settledExecutionOf(pid);
    const now = readProcess(pid);
    const isSame =
      now?.startTicks === facts.startTicks && now.exe === facts.exe && execution === executionOf(pid);
    const guess = table.guessAt(pid);
    // It has turned out to run a Go program: the one that was expected, or another one.
    if (isSame && guess) {
      programs.release(program);
      if (life.hasArrived(guess)) return guess.info;
      await life.end(guess, nowKtime());
      return this.attachPid(pid);
    }
    if (isSame && table.liveAt(pid) === undefined) {
      return (await life.begin(facts, program, { execution })).info;
    }
    // While its program was planned, it was attached by another call, or has replaced its program, or ended.
    programs.release(program);
    return this.attachPid(pid);
  }

  /** Attaches to a process that is held before it executes `command`. Undefined if that is no Go program. */
  async attachHeld(pid: number, command: string): Promise<TargetInfo | undefined> {
    const program = await this.#goProgramAt(command);
    return program && (await this.#beginHeld(pid, command, program, false)).info;
  }

  /** Plans what a held shell may execute, and attaches to it if there is one choice: it may execute it in its own place. */
  async prepare(pid: number, guesses: readonly string[]): Promise<void> {
    const { programs } = this.#of;
    const planned = await Promise.all(guesses.map((path) => this.#goProgramAt(path).catch(() => undefined)));
    const found = planned.filter((program) => program !== undefined);
    // Kept open, and so planned, until the end.
    this.#prepared.push(...found);
    const [only, ...others] = found;
    if (only === undefined || others.length > 0) return;
    await this.#beginHeld(pid, only.path, await programs.acquire(only.path), true);
  }

  /** A process that turned up by itself: what cannot be attached is told, not thrown. */
  async attachFound(pid: number, executedAt?: Ktime): Promise<void> {
    let facts: ProcessFacts | undefined;
    try {
      facts = readProcess(pid);
      if (facts === undefined) return;
      const { exe } = await this.attachPid(pid);
      if (!executedAt || this.#of.table.liveAt(pid)?.wasHeld !== false || !hasSockets(pid)) return;
      this.#tellLate(pid, exe, executedAt);
    } catch (error) {
      if (!(error instanceof GoidspanError)) throw error;
      // In a tree that we run, shells and tools are no surprise.
      const exe = facts?.exe ?? exeOf(pid) ?? '';
      if (error.code === 'not_go' && !this.#of.isNamed(pid, exe)) return;
      this.refused++;
      this.#of.tell({ kind: 'refused', pid, exe, error });
    }
  }

  /** Releases what was prepared. */
  close(): void {
    for (const program of this.#prepared.splice(0)) this.#of.programs.release(program);
  }

  async #beginHeld(pid: number, exe: string, program: Program, isGuess: boolean): Promise<Target> {
    const facts: ProcessFacts = { ...requireProcess(pid), exe, exeLink: exe, openPath: exe };
    return this.#of.life.begin(facts, program, { awaitsExec: true, isGuess });
  }

  /** Of a process that runs: what is wrong with its program names both. */
  async #programOf({ pid, exe, openPath }: ProcessFacts): Promise<Program> {
    try {
      return await this.#of.programs.acquire(openPath);
    } catch (error) {
      if (!(error instanceof GoidspanError)) throw error;
      const message = error.message.replace(openPath, `${exe} (pid ${pid})`);
      throw new GoidspanError(error.code, message, { cause: error });
    }
  }

  /** Undefined if the file is no Go program. */
  async #goProgramAt(path: string): Promise<Program | undefined> {
    try {
      return await this.#of.programs.acquire(path);
    } catch (error) {
      if (error instanceof GoidspanError && ['not_go', 'bad_binary'].includes(error.code)) return undefined;
      throw error;
    }
  }

  /** Without a socket nothing can have been served or asked for before. */
  #tellLate(pid: number, exe: string, executedAt: Ktime): void {
    this.late++;
    const ms = Math.round(millisecondsBetween(executedAt, nowKtime()));
    this.#of.tell({
      kind: 'warning',
      message: `pid ${pid} (${exe}) had opened sockets when it was attached, ${ms} ms after it was started: requests of that time are missing (start it as the command of goidspan run to have them)`,
    });
  }
}

/** While a program is being executed that cannot be told yet. */
async function settledExecutionOf(pid: number): Promise<string | undefined> {
  for (let tries = 0; tries < 10; tries++) {
    const execution = executionOf(pid);
    if (execution !== undefined) return execution;
    await sleep(5);
  }
  return undefined;
}
