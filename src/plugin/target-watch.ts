/**
 * Asks for the targets again and again and attaches what is new. Owns which pids have been tried, so that a refusal
 * is told once and a process that has become another program is tried again.
 */
import { readProcess } from '../process/process.ts';
import type { Target } from './options.ts';

export interface WatchActions {
  askTargets(): Promise<readonly Target[]>;
  /** Rejects when the process cannot be traced. */
  attachPid(pid: number): Promise<unknown>;
  /** Attaches what matches, now and later. */
  followExecutables(globs: readonly string[]): Promise<unknown>;
  /** Told once for each program that a process runs. */
  refused(pid: number, error: unknown): void;
  /** The targets could not be asked for, or matching programs not be followed. */
  failed(error: unknown): void;
}

const ATTACHED = 'attached';
/** The kernel said that it ended, or runs another program now. */
const ENDED = 'ended';
const GONE = 'gone';

export class TargetWatch {
  readonly #actions: WatchActions;
  readonly #intervalMs: number;
  /** Pid → {@link ATTACHED}, {@link ENDED}, or what it was when it was refused. */
  readonly #triedByPid = new Map<number, string>();
  readonly #followed = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #attaching: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(actions: WatchActions, intervalMs: number) {
    this.#actions = actions;
    this.#intervalMs = intervalMs;
  }

  /** Does the first round; the others follow by themselves and keep no process alive. Never rejects. */
  async start(): Promise<void> {
    await this.#round();
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => void this.start(), this.#intervalMs).unref();
  }

  /** The process is not attached any more: it has ended, or runs another program. */
  ended(pid: number): void {
    this.#triedByPid.set(pid, ENDED);
  }

  /** No round begins any more; resolves when no attach is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#attaching;
  }

  async #round(): Promise<void> {
    let targets: readonly Target[];
    try {
      targets = await this.#actions.askTargets();
    } catch (error) {
      this.#actions.failed(error);
      return;
    }
    if (this.#isStopped) return;
    this.#attaching = this.#attachNew(targets);
    await this.#attaching;
  }

  async #attachNew(targets: readonly Target[]): Promise<void> {
    const pids = new Set(targets.flatMap((target) => ('pid' in target ? target.pid : [])));
    const globs = targets.flatMap((target) => ('exe' in target ? target.exe : []));
    for (const [pid, tried] of this.#triedByPid) {
      if (tried !== ATTACHED && !pids.has(pid)) this.#triedByPid.delete(pid);
    }
    await Promise.all([...pids].map((pid) => this.#attachPid(pid)));
    const news = globs.filter((glob) => !this.#followed.has(glob));
    if (news.length === 0) return;
    for (const glob of news) this.#followed.add(glob);
    await this.#actions.followExecutables(news).catch((error) => this.#actions.failed(error));
  }

  async #attachPid(pid: number): Promise<void> {
    const tried = this.#triedByPid.get(pid);
    if (tried === ATTACHED) return;
    const identity = identityOf(pid);
    // One that has ended may still be named for a while.
    if (tried === identity || (tried === ENDED && identity === GONE)) return;
    // Before the attach, so that an end in the midst of it is not overwritten.
    this.#triedByPid.set(pid, ATTACHED);
    try {
      await this.#actions.attachPid(pid);
    } catch (error) {
      this.#triedByPid.set(pid, identity);
      this.#actions.refused(pid, error);
    }
  }
}

/** Which program of which process this is. */
function identityOf(pid: number): string {
  try {
    const process = readProcess(pid);
    return process ? `${process.startTicks} ${process.exe}` : GONE;
  } catch (error) {
    return String(error);
  }
}
