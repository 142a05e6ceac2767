/**
 * Runs events through the real BPF programs, compiled for the host (`host/`), and takes what leaves them through the
 * real decoder and `correlate`. Needs gcc, but no rights and no kernel.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CodeSample, codeSample } from '../../src/correlate/code-sample.ts';
import { derivedSpanId } from '../../src/correlate/derived-id.ts';
import type { Ktime, SpanFact, SpanIdWords } from '../../src/correlate/fact.ts';
import { goroutineTurns } from '../../src/correlate/goroutine-turns.ts';
import { spanFact } from '../../src/correlate/span-fact.ts';
import { completed, type Unfinished } from '../../src/correlate/unfinished.ts';
import { type WorldStop, worldStop } from '../../src/correlate/world-stop.ts';
import { HeldTurns } from '../../src/stage/held-turns.ts';
import { Stacks } from '../../src/stage/stacks.ts';
import { batchOf } from '../../src/wire/batch.ts';
import { decodeBatch } from '../../src/wire/decode.ts';
import {
  count as countIndex,
  type EvProcessExec,
  type EvProcessExit,
  type EvSpanEnd,
} from '../../src/wire/wire.gen.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const hostDir = join(root, 'test/bpf/host');
const flags = [
  ...['-std=gnu17', '-O1', '-g', '-Wall', '-Wextra', '-Werror', '-Wno-unused-parameter', '-Wno-sign-compare'],
  // What only clang's BPF target knows.
  ...['-Wno-attributes', '-Wno-unknown-pragmas'],
  // A program that reads what has been freed or writes beyond an array fails the test.
  ...['-fsanitize=address,undefined', '-fno-sanitize-recover=all', `-I${hostDir}`, '-iquote', hostDir],
];
const outputBytesMax = 1 << 30;
const countNames = Object.keys(countIndex).slice(0, -1);

/** What came out of one run. */
export interface HostRun {
  /** In the order in which they ended. */
  readonly spans: readonly SpanFact[];
  readonly execs: readonly EvProcessExec[];
  readonly exits: readonly EvProcessExit[];
  readonly stops: readonly WorldStop[];
  readonly samples: readonly CodeSample[];
  /** Frames of stacks that were told, and how often. */
  readonly stacks: Stacks;
  readonly stacksTold: number;
  /** Every counter of the kernel by name. */
  readonly counts: Readonly<Record<string, number>>;
  /** Entries left in the two context maps. */
  readonly open: number;
  readonly inherited: number;
  /** Threads that have begun a slow way to memory and not ended it. */
  readonly allocating: number;
  /** What slow ways to memory took: of each bucket that holds something. */
  readonly allocs: readonly Bucket[];
  /** Likewise, how long goroutines waited for their turn. */
  readonly delays: readonly Bucket[];
  /** What each sweep kept and removed. */
  readonly sweeps: readonly { readonly kept: number; readonly removed: number }[];
}

export interface Bucket {
  readonly slot: number;
  readonly way: string;
  readonly bucket: number;
  readonly calls: number;
  readonly ns: number;
}

/** The processors whose registers the programs know, as libbpf calls them. */
export const processors = ['x86', 'arm64'] as const;
export type Processor = (typeof processors)[number];

/** Runs the events of `input`, in which each run begins with a line `run SEED`. */
export function runHost(input: string, processor: Processor = 'x86'): HostRun[] {
  const child = spawnSync(hostProgram(processor), {
    input,
    encoding: 'utf8',
    maxBuffer: outputBytesMax,
    env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=0' },
  });
  if (child.status !== 0)
    throw new Error(`the host ended with ${child.status ?? child.signal}:\n${child.stderr}`);
  const runs: HostRun[] = [];
  let run = new Run();
  for (const line of child.stdout.split('\n')) {
    if (!run.take(line)) continue;
    runs.push(run);
    run = new Run();
  }
  return runs;
}

/** Collects the output of one run. */
class Run implements HostRun {
  readonly spans: SpanFact[] = [];
  readonly execs: EvProcessExec[] = [];
  readonly exits: EvProcessExit[] = [];
  readonly stops: WorldStop[] = [];
  readonly samples: CodeSample[] = [];
  readonly stacks = new Stacks();
  stacksTold = 0;
  counts: Record<string, number> = {};
  open = 0;
  inherited = 0;
  allocating = 0;
  readonly allocs: Bucket[] = [];
  readonly delays: Bucket[] = [];
  readonly sweeps: { kept: number; removed: number }[] = [];
  readonly #turns = new HeldTurns(() => undefined);
  #unfinished: Unfinished | undefined;

  /** True when the run is complete. */
  take(line: string): boolean {
    const [what, ...rest] = line.split(' ');
    switch (what) {
      case 'record':
        this.#decode(rest[0] as string);
        break;
      case 'exited':
        this.#unfinished = { end: ktimeOf(rest[1] as string), ending: 'process_exited' };
        break;
      case 'open':
        this.#decode(rest[0] as string, this.#unfinished);
        break;
      case 'swept':
        this.sweeps.push({ kept: numberIn(rest[0]), removed: numberIn(rest[1]) });
        break;
      case 'maps':
        this.open = numberIn(rest[0]);
        this.inherited = numberIn(rest[1]);
        this.allocating = numberIn(rest[2]);
        break;
      case 'allocs':
      case 'delays': {
        const [slot = 0, , bucket = 0, calls = 0, ns = 0] = rest.map(Number);
        this[what].push({ slot, way: rest[1] ?? '', bucket, calls, ns });
        break;
      }
      case 'counts':
        this.counts = Object.fromEntries(countNames.map((name, index) => [name, Number(rest[index])]));
        return true;
    }
    return false;
  }

  #waitId({ parentSpanId = [0, 0] }: SpanFact): SpanIdWords {
    return derivedSpanId(parentSpanId, this.spans.length);
  }

  #decode(hex: string, unfinished?: Unfinished): void {
    const bytes = new Uint8Array((hex.length / 2 + 7) & ~7);
    bytes.set(Buffer.from(hex, 'hex'));
    decodeBatch(unfinished ? completed(bytes.buffer, unfinished) : batchOf(bytes.buffer), {
      spanEnd: (record: EvSpanEnd) => {
        const read = spanFact(record);
        // Records of waits have none.
        const fact = read.family === 'wait' ? { ...read, spanId: this.#waitId(read) } : read;
        this.spans.push({ ...fact, criticalNs: this.#turns.take(fact)?.ns });
      },
      processExec: (record) => this.execs.push(record),
      processExit: (record) => this.exits.push(record),
      goroutineTurns: (record) => this.#turns.add(goroutineTurns(record)),
      stack: (record) => {
        this.stacks.add(record);
        this.stacksTold++;
      },
      sample: (record) => this.samples.push(codeSample(record)),
      gcStop: (record) => this.stops.push(worldStop(record)),
      bad: (reason) => {
        throw new Error(`${reason}: ${hex}`);
      },
    });
  }
}

function numberIn(assignment: string | undefined): number {
  return Number(assignment?.split('=')[1]);
}

function ktimeOf(ns: string): Ktime {
  return [Math.floor(Number(ns) / 1e9), Number(ns) % 1e9];
}

const compiled = new Map<Processor, string | Error>();

/** Path of the compiled host; what gcc has against it is found out once. */
function hostProgram(processor: Processor): string {
  let program = compiled.get(processor);
  try {
    program ??= compile(processor);
  } catch (error) {
    program = error as Error;
  }
  compiled.set(processor, program);
  if (program instanceof Error) throw program;
  return program;
}

/** Compiles it if its sources have changed. Only what the programs see is of the processor, the code is this host's. */
function compile(processor: Processor): string {
  const sources = readdirSync(hostDir)
    .filter((name) => name.endsWith('.c'))
    .map((name) => join(hostDir, name));
  const all = [...sources, join(root, 'native/context.c'), join(root, 'native/batch.c')];
  const cache = join(root, '.cache', 'host');
  const path = join(
    cache,
    `host-${processor}-${keyOf(['bpf', 'bpf/wire', 'native', 'test/bpf/host', 'test/bpf/host/bpf'])}`,
  );
  if (existsSync(path)) return path;
  mkdirSync(cache, { recursive: true });
  const partial = `${path}.${process.pid}`;
  execFileSync('gcc', [...flags, `-D__TARGET_ARCH_${processor}`, ...all, '-o', partial], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  renameSync(partial, path);
  return path;
}

function keyOf(dirs: readonly string[]): string {
  const hash = createHash('sha256').update(flags.join(' '));
  for (const dir of dirs) {
    for (const name of readdirSync(join(root, dir)).sort()) {
      if (/\.[ch]$/.test(name)) hash.update(name).update(readFileSync(join(root, dir, name)));
    }
  }
  return hash.digest('hex').slice(0, 16);
}
