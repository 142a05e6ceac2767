/** Execution traces that a real program has written of itself, and what Go's own reader says of them. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from '../../support/command.ts';
import { buildGo } from '../../support/go-build.ts';

const run = promisify(execFile);

/** A goroutine of the program: what it did, as the program has it. Microseconds since 1970. */
export interface DoneByGoroutine {
  readonly Name: string;
  readonly Goroutine: number;
  readonly FromUs: number;
  readonly ToUs: number;
}

export interface WrittenTrace {
  readonly path: string;
  readonly bytes: Buffer;
  readonly done: readonly DoneByGoroutine[];
}

/** `go`: an exact release; by default the one of the machine. */
export async function writtenTrace(go?: string): Promise<WrittenTrace> {
  const program = await buildGo({
    dir: 'test/fixtures/execution-trace',
    name: 'execution-trace',
    ...(go && { go }),
  });
  const path = join(await temporaryFolder(), 'trace.out');
  const { stdout } = await run(program, [path]);
  return { path, bytes: await readFile(path), done: JSON.parse(stdout) as DoneByGoroutine[] };
}

/** A goroutine was in a state, in nanoseconds of the trace's own clock. */
export interface StateOf {
  readonly state: string;
  readonly fromNs: number;
  readonly toNs: number;
  readonly reason: string;
}

/** By goroutine, of states whose end is in the trace: what `go tool trace` says. */
export async function statesByGo(path: string): Promise<Map<number, StateOf[]>> {
  const { stdout } = await run('go', ['tool', 'trace', '-d=parsed', path], { maxBuffer: 2 ** 28 });
  const open = new Map<number, Omit<StateOf, 'toNs'>>();
  const states = new Map<number, StateOf[]>();
  for (const [, time, id, to = '', reason = ''] of stdout.matchAll(
    /StateTransition Time=(\d+) GoID=(\d+) \w+->(\w+) Reason="(.*)"/g,
  )) {
    const [goroutine, ns] = [Number(id), Number(time)];
    const known = open.get(goroutine);
    // Each generation says anew how all of them are.
    if (known?.state === to) continue;
    if (known) states.set(goroutine, [...(states.get(goroutine) ?? []), { ...known, toNs: ns }]);
    if (to === 'NotExist') open.delete(goroutine);
    else open.set(goroutine, { state: to, fromNs: ns, reason });
  }
  return states;
}
