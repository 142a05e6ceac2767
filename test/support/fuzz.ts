/** Bounds of every fuzz test: how many inputs, how long each may take, how much memory all of them together. */

import { Random } from './random.ts';

/** Of all fuzz tests together in a usual run; `GOIDSPAN_FUZZ` asks for another number, e.g. 10000000. */
const usualTotal = 100_000;
const factor = Number(process.env['GOIDSPAN_FUZZ'] ?? usualTotal) / usualTotal;
const slowestMilliseconds = 1_000;
const mostBytes = 256 * 2 ** 20;
const inputsBetweenChecks = 128;

/** How many inputs a test takes that usually takes so many. */
export function fuzzInputs(usual: number): number {
  return Math.max(1, Math.round(usual * factor));
}

/** For the test that runs them. */
export const fuzzTimeoutMilliseconds = 300_000 * Math.max(1, factor);

/**
 * Runs `attempt` with a generator of its own for each input and counts what it returns. Fails naming the seed when it
 * throws, takes over a second, or when the process has grown by over 256 MB.
 */
export function fuzz(usual: number, attempt: (random: Random) => string): Map<string, number> {
  const outcomes = new Map<string, number>();
  const before = process.memoryUsage.rss();
  for (let seed = 1; seed <= fuzzInputs(usual); seed++) {
    const run = () => timed(() => named(seed, () => attempt(new Random(seed))));
    let { result: outcome, took } = run();
    // A second try tells a slow input from a busy machine.
    if (took > slowestMilliseconds) ({ result: outcome, took } = run());
    if (took > slowestMilliseconds) throw new Error(`seed ${seed} took ${Math.round(took)} ms`);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    if (seed % inputsBetweenChecks !== 0) continue;
    const grown = process.memoryUsage.rss() - before;
    if (grown > mostBytes) throw new Error(`${Math.round(grown / 1e6)} MB more after seed ${seed}`);
  }
  return outcomes;
}

/** In time of processors, since others may have work for them, too. */
function timed<T>(act: () => T): { result: T; took: number } {
  const started = process.cpuUsage();
  const result = act();
  const { user, system } = process.cpuUsage(started);
  return { result, took: (user + system) / 1_000 };
}

function named<T>(seed: number, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

/** Numbers at which readers go wrong. */
const awkward: readonly bigint[] = [
  0n,
  1n,
  7n,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  1n << 47n,
  1n << 53n,
  (1n << 63n) - 1n,
  (1n << 64n) - 1n,
];

/** One to four changes between two offsets: a byte, a word of an awkward value, a stretch of noise. */
export function mutations(
  random: Random,
  from: number,
  bytes: number,
): { offset: number; bytes: Uint8Array }[] {
  return Array.from({ length: 1 + random.below(4) }, () => {
    const offset = from + random.below(bytes);
    const kind = random.below(3);
    if (kind === 0) return { offset, bytes: Uint8Array.of(random.below(256)) };
    const noise = Buffer.alloc(8);
    if (kind === 1) noise.writeBigUInt64LE(random.pick(awkward));
    else for (let i = 0; i < 8; i++) noise[i] = random.below(256);
    return { offset: random.below(4) > 0 ? offset - (offset % 8) : offset, bytes: noise };
  });
}
