import { expect, it } from 'vitest';
import { type HostRun, processors, runHost } from '../bpf/host.ts';
import { Random } from '../support/random.ts';

const RUNS = 300;
const GOROUTINES = 5;
const CALLS_EACH = 12;
/** Longer than any program that others interrupt. */
const STEP_NS = 100;

/** The slow ways that a goroutine goes, in their order; a call of the heap may be within one for a span. */
function waysOf(random: Random, goid: number): string[] {
  return Array.from({ length: CALLS_EACH }, () => {
    const [span, heap] = ['span', 'heap'].map((way) =>
      ['begin', 'end'].map((end) => `alloc g${goid} ${way} ${end}`),
    ) as [[string, string], [string, string]];
    return random.pick([span, heap, [span[0], ...heap, span[1]]]);
  }).flat();
}

/** All events of all goroutines in a random order, each perhaps in the middle of another one's. */
function schedule(random: Random): string[] {
  const left = Array.from({ length: GOROUTINES }, (_, index) => waysOf(random, index + 1));
  const lines: string[] = [];
  let inMiddle: { readonly line: string; readonly of: number }[] = [];
  for (let now = STEP_NS; left.some((events) => events.length > 0); now += STEP_NS) {
    const of = random.pick(left.flatMap((events, index) => (events.length > 0 ? [index] : [])));
    const event = left[of]?.shift() as string;
    const others = inMiddle.every((other) => other.of !== of);
    if (others && random.below(3) === 0) {
      inMiddle.push({ line: `+${inMiddle.length + 1} ${now} ${event}`, of });
      continue;
    }
    // On the same thread one comes after the other.
    if (!others) {
      lines.push(...inMiddle.map(({ line }) => line.replace(/^\+\d+ /, '')));
      inMiddle = [];
    }
    lines.push(...inMiddle.map(({ line }) => line), `${now} ${event}`);
    inMiddle = [];
  }
  return [...lines, ...inMiddle.map(({ line }) => line.replace(/^\+\d+ /, ''))];
}

it.each(processors)(
  'slow ways to memory are counted once each, whatever other threads do in the middle of a program on %s',
  (processor) => {
    const schedules = Array.from({ length: RUNS }, (_, seed) => schedule(new Random(seed)));
    const runs = runHost(
      schedules
        .map((lines, seed) => `run ${seed} preempted\n1 target p1 time=1 allocs=1\n${lines.join('\n')}\n`)
        .join(''),
      processor,
    );
    expect(runs).toHaveLength(RUNS);
    runs.forEach((run: HostRun, index) => {
      const lines = schedules[index] as string[];
      const begun = (way: string): number => lines.filter((line) => line.endsWith(`${way} begin`)).length;
      const counted = (wanted: string): number =>
        run.allocs.reduce((sum, { way, calls }) => sum + (way === wanted ? calls : 0), 0);
      expect([counted('span'), counted('heap')]).toEqual([begun('span'), begun('heap')]);
      const lasted = run.allocs.reduce((sum, { ns }) => sum + ns, 0);
      expect(lasted).toBeGreaterThan(0);
      // Each goroutine is in two at most.
      expect(lasted).toBeLessThanOrEqual(2 * GOROUTINES * STEP_NS * lines.length);
      expect(run.allocating).toBe(0);
      expect(run.counts['LOST_ALLOC_MAP_FULL']).toBe(0);
    });
  },
  60_000,
);
