/** Execution traces of Go as the page reads them, against Go's own reader, and what is none or is broken. */
import { describe, expect, it } from 'vitest';
import { Bytes } from '../../src/ui/data/go-trace/bytes.ts';
import { TransitionColumns } from '../../src/ui/data/go-trace/columns.ts';
import { generationsOf, versionOf } from '../../src/ui/data/go-trace/generations.ts';
import { goTraceLanes, spentIn } from '../../src/ui/data/go-trace/lanes.ts';
import { type GoTrace, isGoTrace, readGoTrace } from '../../src/ui/data/go-trace/read.ts';
import { States } from '../../src/ui/data/go-trace/states.ts';
import { describeWith, go } from '../support/capabilities.ts';
import { Random } from '../support/random.ts';
import { type StateOf, statesByGo, type WrittenTrace, writtenTrace } from './support/execution-trace.ts';

const RELEASES = ['1.22.12', '1.23.12', '1.25.5', undefined, '1.27.4'];
/** A toolchain that nobody has used yet compiles Go's own packages first. */
const BUILD_MS = 300_000;
const NAMES = ['', 'Runnable', 'Running', 'Syscall', 'Waiting'];

function statesOf(bytes: Buffer): Map<number, StateOf[]> {
  const by = new Map<number, StateOf[]>();
  const reader = new Bytes(bytes);
  let nsPerTick = 0;
  const states = new States(({ goroutine, state, from, to, reason }) => {
    const told = { state: NAMES[state] ?? '', fromNs: from * nsPerTick, toNs: to * nsPerTick, reason };
    by.set(goroutine, [...(by.get(goroutine) ?? []), told]);
  });
  for (const generation of generationsOf(reader, versionOf(reader))) {
    nsPerTick = 1e9 / generation.ticksPerSecond;
    states.take(generation);
  }
  expect(states.lost).toBe(0);
  return by;
}

/** Between two coroutines Go's reader makes up a moment in which the other one is ready. */
function withoutMadeUp(expected: readonly StateOf[], found: readonly StateOf[]): StateOf[] {
  const told: StateOf[] = [];
  for (const one of expected) {
    const isShort = one.state === 'Runnable' && one.toNs - one.fromNs < 10;
    if (!isShort || found[told.length]?.state === 'Runnable') told.push(one);
  }
  return told;
}

const all = { fromUs: 0, toUs: Number.MAX_SAFE_INTEGER };
const read = (bytes: Uint8Array, span = all): Promise<GoTrace> =>
  readGoTrace(new Blob([bytes as Uint8Array<ArrayBuffer>]), span);

describeWith([go], 'an execution trace', () => {
  it.each(RELEASES)(
    'of Go %s is read as Go itself reads it',
    async (release) => {
      const { path, bytes } = await writtenTrace(release);
      const [ours, theirs] = [statesOf(bytes), await statesByGo(path)];
      expect([...ours.keys()].sort()).toEqual([...theirs.keys()].sort());
      let [same, count] = [0, 0];
      for (const [goroutine, expected] of theirs) {
        const found = ours.get(goroutine) ?? [];
        const told = withoutMadeUp(expected, found);
        expect(
          found.map(({ state }) => state),
          `goroutine ${goroutine}`,
        ).toEqual(told.map(({ state }) => state));
        for (const [at, { fromNs, toNs, reason }] of told.entries()) {
          const one = found[at] as StateOf;
          if (reason !== '') expect(one.reason).toBe(reason);
          // Go's reader moves what it cannot order otherwise: most of it stays where it is.
          if (Math.abs(one.fromNs - fromNs) < 1000 && Math.abs(one.toNs - toNs) < 1000) same++;
          count++;
        }
      }
      expect(count).toBeGreaterThan(400);
      expect(same / count).toBeGreaterThan(0.8);
    },
    BUILD_MS,
  );

  it(
    'says for what each goroutine has waited, when, and who has let it go on',
    async () => {
      const { bytes, done } = await writtenTrace();
      const uses = {
        mutex: 'mutex',
        rwmutex: 'rwmutex',
        receive: 'chan.receive',
        send: 'chan.send',
        select: 'select',
        cond: 'cond',
        sleep: 'sleep',
        syscall: 'syscall',
        network: 'network',
      };
      for (const { Name, Goroutine, FromUs, ToUs } of done) {
        const span = { fromUs: FromUs, toUs: ToUs };
        const trace = await read(bytes, span);
        const own = trace.times.filter(({ goroutine }) => goroutine === Goroutine);
        const spent = spentIn(own, span);
        const sum = Object.values(spent).reduce((total, ns) => total + ns, 0);
        // Each moment of it is told once. The clock of the program tells microseconds.
        expect(sum / 1000, Name).toBeGreaterThan(ToUs - FromUs - 100);
        expect(sum / 1000, Name).toBeLessThan(ToUs - FromUs + 100);
        const use = Object.hasOwn(uses, Name) ? uses[Name as keyof typeof uses] : undefined;
        if (use === undefined) continue;
        const waited = own.find((time) => time.use === use && time.toUs - time.fromUs > 20_000);
        expect(waited, `${Name}: ${JSON.stringify(spent)}`).toBeDefined();
        if (!['syscall', 'sleep', 'select', 'network'].includes(Name)) {
          expect(waited).toMatchObject({
            endedBy: 1,
            place: expect.stringMatching(/^main\.round\.func\d+ \(main\.go:\d+\)$/),
          });
          const { lanes, wakes } = goTraceLanes(trace, [Goroutine]);
          expect(lanes.map(({ title }) => title)).toEqual([`Goroutine ${Goroutine}`, 'Goroutine 1']);
          expect(wakes).toContainEqual(
            expect.objectContaining({ waker: 1, woken: 0, label: 'ended by goroutine 1' }),
          );
        }
        if (use !== 'syscall') expect(trace.waits.spent[use], Name).toBeGreaterThan(20e6);
      }
      expect(new Set(done.map(({ Name }) => Name)).size).toBe(11);
    },
    BUILD_MS,
  );

  it('of before Go 1.25 tells no time, but where all of it waited', async () => {
    const trace = await read((await writtenTrace('1.22.12')).bytes);
    expect(trace).toMatchObject({ format: 'Go 1.22', fromUs: undefined, times: [], broken: undefined });
    expect(trace.waits.texts).toContain('sync.(*Mutex).Lock');
    expect(trace.waits.texts.filter((text) => text.startsWith('runtime.gcBg'))).toEqual([]);
    expect(trace.durationUs).toBeGreaterThan(1e6);
  });

  it('that is cut off is shown as far as it goes', async () => {
    const { bytes } = await writtenTrace();
    const cut = await read(bytes.subarray(0, bytes.length - 100));
    expect(cut.broken).toMatch(/^it is cut off/);
    expect(cut.changes).toBeGreaterThan(100);
    await expect(read(bytes.subarray(0, 300))).rejects.toThrow('it is cut off');
  });

  it('that is hostile ends in words, whatever is in it', async () => {
    const { bytes }: WrittenTrace = await writtenTrace();
    const ends = new Set<string>();
    for (let seed = 1; seed <= 400; seed++) {
      const random = new Random(seed);
      const broken = Buffer.from(bytes);
      for (let flips = random.below(20); flips >= 0; flips--)
        broken[random.below(broken.length)] = random.below(256);
      const end = await read(broken).then(
        ({ broken }) => broken ?? 'whole',
        (error: Error) => error.message,
      );
      ends.add(end.replace(/\d+/g, 'N'));
    }
    for (const end of ends)
      expect(end).toMatch(
        /^(whole|nothing is in it|it is (broken|cut off|no )|it is in the format|a number in it)/,
      );
    expect(ends.size).toBeGreaterThan(4);
  }, 60_000);
});

describe('columns of changes', () => {
  it('give each goroutine what it did in its order, as a plain list does, however many there are', () => {
    const random = new Random(1);
    const columns = new TransitionColumns();
    const rows = Array.from({ length: 20_000 }, () => ({
      goroutine: 1 + random.below(50),
      order: random.below(20),
      tick: random.below(100) * 2 ** 40,
      state: random.below(5),
      isStatus: random.below(2) === 1,
      reason: random.below(2 ** 31),
      stack: random.below(2 ** 31),
      by: random.below(2 ** 31) * 2 ** 20,
    }));
    for (const row of rows) columns.push(row);
    const first = [...new Set(rows.map(({ goroutine }) => goroutine))];
    const expected = first.flatMap((goroutine) =>
      rows.filter((row) => row.goroutine === goroutine).sort((a, b) => a.order - b.order || a.tick - b.tick),
    );
    expect([...columns.ordered()].map((row) => columns.at(row))).toEqual(expected);
  });
});

const ids = (count: number): number[] => Array.from({ length: count }, (_, id) => id + 1);

function varint(value: number): number[] {
  return value < 128 ? [value] : [128 | (value & 127), ...varint(value >>> 7)];
}

/** Of generation 1 and thread 1. */
const batchOf = (body: readonly number[]): number[] => [1, 1, 1, 1, ...varint(body.length), ...body];

describe('a file', () => {
  it.each([
    ['go 1.21 trace\0\0\0', 'from Go 1.22 on it can be read here'],
    ['go 1.99 trace\0\0\0', 'newer than this page'],
    ['go 1.26 trace\0\0\0', 'nothing is in it'],
    ['go 1.26 trash\0\0\0', 'it is no execution trace of Go'],
    ['go 1.2', 'it is cut off'],
  ])('that begins with %j is not shown, and it is said why', async (text, says) => {
    expect(await isGoTrace(new Blob([text]))).toBe(true);
    await expect(read(Buffer.from(text))).rejects.toThrow(says);
  });

  it.each([
    ['batches', () => Array.from({ length: 500_001 }, () => batchOf([27, 1])).flat()],
    ['texts', () => batchOf([4, ...ids(1_000_001).flatMap((id) => [5, ...varint(id), 0])])],
    ['frames', () => batchOf([2, ...ids(4_000_001).flatMap(() => [3, 1, 0])])],
  ])('with more %s than there is room for ends in words', async (what, made) => {
    const bytes = Buffer.concat([Buffer.from('go 1.26 trace\0\0\0'), Uint8Array.from(made())]);
    await expect(read(bytes)).rejects.toThrow(
      new RegExp(`^it is broken: more than \\d+ ${what} in a second$`),
    );
  });

  it('of another kind is none', async () => {
    expect(await isGoTrace(new Blob(['\u001f\u008b']))).toBe(false);
    expect(await isGoTrace(new Blob([]))).toBe(false);
  });
});
