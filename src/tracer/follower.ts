/**
 * Which processes are to be attached without being named: those whose executable matches a glob, and those that a
 * command of ours starts. Owns the choice only; told of execs and exits by the kernel's records.
 */
import { ExePattern } from '../process/exe-pattern.ts';
import { exeOf, listProcesses, parentOf } from '../process/process.ts';
import type { Ktime } from '../wire/batch.ts';

/** How far up the tree an ancestor is looked for. */
const ANCESTORS_MAX = 32;

export interface FollowerActions {
  /** A process that should be a target, since it has just executed its program. */
  attach(pid: number, executedAt: Ktime): void;
  isTarget(pid: number): boolean;
}

export class Follower {
  readonly #actions: FollowerActions;
  readonly #tree = new Set<number>();
  #patterns: readonly ExePattern[] = [];

  constructor(actions: FollowerActions) {
    this.#actions = actions;
  }

  followGlobs(globs: readonly string[], sameNetwork: boolean): void {
    this.#patterns = [...this.#patterns, ...globs.map((glob) => new ExePattern(glob, sameNetwork))];
  }

  /** Follows a process and all that descends from it. */
  followTree(pid: number): void {
    this.#tree.add(pid);
  }

  /** The matching processes that run now. */
  running(): number[] {
    return listProcesses()
      .filter(({ pid, exe }) => pid !== process.pid && this.matches(pid, exe) && !this.#actions.isTarget(pid))
      .map(({ pid }) => pid);
  }

  /** Is it meant by one of the globs? `exe` is what the process runs. */
  matches(pid: number, exe: string): boolean {
    return this.#patterns.some((pattern) => pattern.matches(pid, exe));
  }

  onExec(pid: number, parentPid: number, at: Ktime): void {
    if (this.#isInTree(pid, parentPid)) {
      this.#tree.add(pid);
      this.#actions.attach(pid, at);
      return;
    }
    const exe = this.#patterns.length > 0 ? exeOf(pid) : undefined;
    if (exe !== undefined && pid !== process.pid && this.matches(pid, exe)) this.#actions.attach(pid, at);
  }

  onExit(pid: number): void {
    this.#tree.delete(pid);
  }

  /** A process between may have forked without an exec, so ancestors are looked at, not just the parent. */
  #isInTree(pid: number, parentPid: number): boolean {
    if (this.#tree.size === 0) return false;
    if (this.#tree.has(pid)) return true;
    let ancestor: number | undefined = parentPid;
    for (let i = 0; i < ANCESTORS_MAX && ancestor !== undefined && ancestor > 1; i++) {
      if (this.#tree.has(ancestor)) return true;
      ancestor = parentOf(ancestor);
    }
    return false;
  }
}
