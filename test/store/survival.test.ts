/** What a store withstands: being killed, a full disk, others that write, and files that are none of its own. */
import {
  copyFileSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { pathOf, segmentFiles } from '../../src/store/folder.ts';
import { openStore, openStoreReader } from '../../src/store/open-store.ts';
import { OPERATIONS_MAX } from '../../src/store/operation-table.ts';
import { Reader } from '../../src/store/reader.ts';
import { sealSegment } from '../../src/store/seal-segment.ts';
import { openDatabase } from '../../src/store/sqlite.ts';
import { Writer } from '../../src/store/writer.ts';
import { Child } from '../support/child.ts';
import { temporaryFolder } from '../support/command.ts';
import { isFullRun } from '../support/full-run.ts';
import { Random } from '../support/random.ts';
import { type PlainSpan, requestOf } from '../support/request-of.ts';
import { numberedRequest, spansIn, traceIdOf } from './numbered-spans.ts';
import { storeProgram } from './store-program.ts';

const limits = { maxBytes: 1 << 30, maxAgeMs: 86_400_000 };
const small = { segmentLimits: { spans: 2_000, ageMs: 1e9 } };
const KILLS = isFullRun ? 200 : 20;
/** Of each round, so many are looked up one by one; all are counted. */
const LOOKED_UP = 100;

function write(folder: string, requests: readonly Uint8Array[], segmentSpans = 1_000, own = limits): void {
  const writer = new Writer(folder, own, { spans: segmentSpans, ageMs: 1e9 });
  for (const request of requests) {
    writer.append([request]);
    const file = writer.nextToSeal();
    if (file === undefined) continue;
    sealSegment(file, { onOpen: () => writer.opened(file.number) });
    writer.sealed('sealed');
  }
  writer.close();
}

function reading<T>(folder: string, read: (reader: Reader) => T): T {
  const reader = new Reader(folder, limits);
  try {
    return read(reader);
  } finally {
    reader.close();
  }
}

const numbered = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, index) => numberedRequest(index));

describe('a store', () => {
  it(`has everything that it acknowledged after its process was killed, ${KILLS} times`, {
    timeout: KILLS * 20_000,
  }, async () => {
    const program = await storeProgram('append');
    const folder = join(await temporaryFolder(), 'store');
    const random = new Random(Date.now());
    let next = 0;
    let acknowledged = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const child = new Child(process.execPath, [program, folder, String(next), '8', JSON.stringify(small)]);
      await child.output(/^acknowledged /m);
      await new Promise((resolve) => setTimeout(resolve, random.below(300)));
      expect(await child.stop('SIGKILL')).toBe('SIGKILL');
      expect(child.stdout).not.toMatch(/refused|cannot/);
      const lines = [...child.stdout.matchAll(/^acknowledged (\d+) (\d+)$/gm)];
      acknowledged += lines.reduce((sum, [, , stored]) => sum + Number(stored), 0);
      reading(folder, (reader) => {
        expect(reader.state().spans).toBeGreaterThanOrEqual(acknowledged);
        for (const [, number] of lines.slice(-LOOKED_UP)) {
          const request = Number(number);
          expect(reader.trace(traceIdOf(request))?.spanId, `request ${request}`).toHaveLength(
            spansIn(request),
          );
        }
      });
      // Some were written, but not yet acknowledged: they keep their numbers.
      next = Math.max(next, ...lines.map(([, number]) => Number(number))) + 100;
    }
  });

  it('goes on when the disk is full, without the oldest, and takes more when there is room again', {
    timeout: 180_000,
  }, async ({ skip }) => {
    if (process.getuid?.() !== 0) skip('needs root');
    const program = await storeProgram('fill-disk');
    const disk = await temporaryFolder();
    const shell = `mount -t tmpfs -o size=12m none ${disk} && exec "$0" "$@"`;
    const child = new Child('unshare', ['--mount', 'sh', '-c', shell, process.execPath, program, disk]);
    expect(await child.ended, child.stderr).toBe(0);
    const steps = Object.fromEntries(
      child.stdout
        .trim()
        .split('\n')
        .map((line) => {
          const { step, ...rest } = JSON.parse(line);
          return [step, rest];
        }),
    );
    expect(steps['much']).toMatchObject({ refusals: 0, last: 11_999, spansOfLast: spansIn(11_999) });
    expect(steps['much'].state.losses.disk_full).toBeGreaterThan(1_000);
    expect(steps['again'].spansOfLast).toBe(spansIn(11_999));
    expect(steps['full'].refusals).toBeGreaterThan(0);
    expect(steps['full'].refusal).toMatch(
      /^cannot_write: cannot write to the store .*: .* \(make room, or choose another --store\)$/,
    );
    expect(steps['after']).toMatchObject({ refusals: 0, last: 24_099, spansOfLast: spansIn(24_099) });
  });

  it('has one writer, and readers beside it in other processes', { timeout: 60_000 }, async () => {
    const program = await storeProgram('append');
    const folder = join(await temporaryFolder(), 'store');
    const child = new Child(process.execPath, [program, folder, '0', '2', JSON.stringify(small)]);
    onTestFinished(async () => void (await child.stop('SIGKILL')));
    await child.output(/^acknowledged 20 /m);
    await expect(openStore(folder)).rejects.toMatchObject({
      code: 'store_busy',
      message: `cannot write to the store ${folder}: another process does (end it, or choose another --store)`,
    });
    const reader = await openStoreReader(folder);
    onTestFinished(() => reader.close());
    for (let round = 0; round < 20; round++) {
      const [, last] = [...child.stdout.matchAll(/^acknowledged (\d+) /gm)].at(-1) as RegExpExecArray;
      expect((await reader.trace(traceIdOf(Number(last))))?.spanId).toHaveLength(spansIn(Number(last)));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect((await reader.state()).spans).toBeGreaterThan(2_000);
    await child.stop('SIGKILL');
    const store = await openStore(folder);
    await store.close();
  });

  it('tells of a second writer in the same process too', async () => {
    const folder = join(await temporaryFolder(), 'store');
    const writer = new Writer(folder, limits);
    expect(() => new Writer(folder, limits)).toThrow(/^cannot write to the store .*: another process does/);
    writer.close();
    new Writer(folder, limits).close();
  });

  it('is for the eyes of its owner alone', async () => {
    const folder = join(await temporaryFolder(), 'deep', 'store');
    write(folder, numbered(200));
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    // In a folder that was there before, too.
    for (const name of readdirSync(folder).filter((file) => file !== 'lock'))
      expect(statSync(join(folder, name)).mode & 0o777, name).toBe(0o600);
  });

  it('keeps within its bytes by giving up the oldest, and counts them', async () => {
    const folder = join(await temporaryFolder(), 'store');
    const maxBytes = 2 << 20;
    const own = { maxBytes, maxAgeMs: limits.maxAgeMs };
    const random = new Random(3);
    const requests = Array.from({ length: 300 }, (_, index) => {
      const text = Array.from({ length: 200 }, () => random.u32().toString(36)).join('');
      return requestOf([
        { ...aSpan, traceId: traceIdOf(index), attributes: { text } },
        ...Array.from({ length: 9 }, (_, n) => ({
          ...aSpan,
          traceId: traceIdOf(index),
          spanId: `${n + 1}`.padStart(16, '0'),
          attributes: { text: text.slice(n) + text },
        })),
      ]);
    });
    let largest = 0;
    const writer = new Writer(folder, own, { spans: 1e6, ageMs: 1e9 });
    for (const request of [...requests, ...requests]) {
      writer.append([request]);
      largest = Math.max(
        largest,
        readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0),
      );
      const file = writer.nextToSeal();
      if (file === undefined) continue;
      sealSegment(file, { onOpen: () => writer.opened(file.number) });
      writer.sealed('sealed');
    }
    writer.maintain();
    writer.close();
    expect(largest).toBeLessThanOrEqual(maxBytes);
    reading(folder, (reader) => {
      const { spans, losses } = reader.state();
      expect(spans).toBeGreaterThan(0);
      expect(spans + (losses['removed_by_size'] ?? 0)).toBe(6_000);
      expect(reader.trace(traceIdOf(299))?.spanId).toHaveLength(10);
    });
  });

  it('gives up what is too old, and nothing for a clock that goes back', async () => {
    const folder = join(await temporaryFolder(), 'store');
    write(folder, numbered(200));
    const files = segmentFiles(folder);
    expect(files.length).toBeGreaterThan(2);
    const hourAgo = (Date.now() - 3_600_000) / 1_000;
    utimesSync((files[0] as { path: string }).path, hourAgo, hourAgo);
    const before = reading(folder, (reader) => reader.state().spans);
    const writer = new Writer(folder, { ...limits, maxAgeMs: 1_800_000 });
    // Two hours back: all files are from the future then.
    writer.maintain(Date.now() - 7_200_000);
    expect(segmentFiles(folder)).toHaveLength(files.length);
    writer.maintain();
    expect(segmentFiles(folder)).toHaveLength(files.length - 1);
    writer.maintain();
    writer.close();
    const { spans, losses } = reading(folder, (reader) => reader.state());
    expect(losses).toEqual({ removed_by_age: before - spans });
  });

  it('finds spans whose clocks went back as those whose clocks did not', async () => {
    const folder = join(await temporaryFolder(), 'store');
    const starts = [9_000_000_000_000_000, 1, 1_796_000_000_000_000, 0, 5e14, 1_796_000_000_000_001];
    write(
      folder,
      starts.map((startUs, index) => requestOf([{ ...aSpan, traceId: traceIdOf(index), startUs: startUs }])),
      2,
    );
    reading(folder, (reader) => {
      const { hits } = reader.search({ fromUs: 0, toUs: Number.MAX_SAFE_INTEGER, limit: 10 });
      expect(hits.map(({ startUs }) => startUs)).toEqual([...starts].sort((a, b) => b - a));
      expect(reader.operations({ fromUs: 0, toUs: 10 }).operations[0]?.count).toBe(2);
    });
  });

  it('tells 4,000 operations of a segment apart, and counts the others of 65,536', {
    timeout: 120_000,
  }, async () => {
    const folder = join(await temporaryFolder(), 'store');
    const names = Array.from({ length: 65_536 }, (_, index) => `GET /users/${index}`);
    const requests: Uint8Array[] = [];
    for (let at = 0; at < names.length; at += 512) {
      requests.push(
        requestOf(
          names.slice(at, at + 512).map(
            (name, index): PlainSpan => ({
              ...aSpan,
              name,
              spanId: (at + index + 1).toString(16).padStart(16, '0'),
            }),
          ),
        ),
      );
    }
    write(folder, requests, 1e6);
    const whole = { fromUs: 0, toUs: Number.MAX_SAFE_INTEGER };
    reading(folder, (reader) => {
      const { operations, others } = reader.operations(whole);
      expect(operations).toHaveLength(OPERATIONS_MAX);
      expect(others).toBe(65_536 - OPERATIONS_MAX);
      // They are found all the same, by reading them.
      const last = names.at(-1) as string;
      const { hits } = reader.search({ ...whole, name: last, limit: 5 });
      expect(hits).toMatchObject([{ name: last, spanId: '0000000000010000' }]);
    });
  });

  it('says of a newer file that it is newer, of a damaged one that it is damaged, and changes neither', async () => {
    const folder = join(await temporaryFolder(), 'store');
    write(folder, numbered(200));
    const [first, second] = segmentFiles(folder).map(({ path }) => path) as [string, string];
    const good = join(await temporaryFolder(), 'good');
    copyFileSync(first, good);
    const expectRefused = (message: RegExp): void => {
      const before = readFileSync(first);
      expect(() => new Writer(folder, limits)).toThrow(
        expect.objectContaining({ code: 'bad_store', message: expect.stringMatching(message) }),
      );
      expect(() => new Reader(folder, limits)).toThrow(expect.objectContaining({ code: 'bad_store' }));
      expect(readFileSync(first).equals(before)).toBe(true);
    };
    const newer = openDatabase(first, { readOnly: false });
    newer.exec('PRAGMA user_version = 2');
    newer.close();
    expectRefused(
      /^cannot read .*00000001\.spans: it has format 2, and this goidspan knows 1 \(use the newer goidspan, or choose another --store\)$/,
    );
    writeFileSync(first, 'not a database, but long enough to be taken for one'.repeat(50));
    expectRefused(
      /^cannot read .*00000001\.spans: file is not a database \(move it away, or choose another --store\)$/,
    );
    writeFileSync(first, '');
    expectRefused(/^cannot read .*: it is no file of a store/);
    copyFileSync(good, first);
    new Writer(folder, limits).close();
    expect(second).toMatch(/2\.spans$/);
  });

  it('never answers wrongly from a file that was cut off: it says so where what is missing is asked for', async () => {
    const folder = join(await temporaryFolder(), 'store');
    write(folder, numbered(100), 800);
    const [{ path } = { path: '' }] = segmentFiles(folder);
    const whole = readFileSync(path);
    const ask = (): string =>
      reading(folder, (reader) =>
        JSON.stringify([
          reader
            .operations({ fromUs: 0, toUs: Number.MAX_SAFE_INTEGER })
            .operations.map(({ name, count }) => [name, count]),
          Array.from({ length: 20 }, (_, request) => reader.trace(traceIdOf(request))?.spanId.length),
        ]),
      );
    const right = ask();
    const random = new Random(9);
    const outcomes = new Map<string, number>();
    for (let round = 0; round < 60; round++) {
      writeFileSync(path, whole);
      truncateSync(path, random.below(whole.length));
      const outcome = outcomeOf(ask);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    expect([...outcomes.keys()].filter((outcome) => outcome !== 'bad_store' && outcome !== right)).toEqual(
      [],
    );
    expect(outcomes.get('bad_store')).toBeGreaterThan(30);
    writeFileSync(path, whole);
    expect(ask()).toBe(right);
  });

  it('continues where a process ended between two steps of sealing', async () => {
    const folder = join(await temporaryFolder(), 'store');
    write(folder, numbered(50), 1e6);
    // The next segment begins, and the first is sealed but not removed.
    const writer = new Writer(folder, limits, { spans: 1, ageMs: 1e9 });
    writer.append([numberedRequest(50)]);
    const file = writer.nextToSeal();
    expect(file).toMatchObject({ number: 1, kind: 'hot' });
    writer.close();
    const hot = pathOf(folder, 1, 'hot');
    const copy = readFileSync(hot);
    const spans = reading(folder, (reader) => reader.state().spans);
    sealSegment({ number: 1, kind: 'hot', path: hot });
    writeFileSync(hot, copy);
    writeFileSync(`${hot}.unfinished`, 'half of one');
    expect(reading(folder, (reader) => reader.state().spans)).toBe(spans);
    new Writer(folder, limits).close();
    expect(readdirSync(folder).filter((name) => name.startsWith('00000001'))).toEqual(['00000001.spans']);
    expect(reading(folder, (reader) => reader.trace(traceIdOf(49))?.spanId)).toHaveLength(spansIn(49));
  });
});

function outcomeOf(ask: () => string): string {
  try {
    return ask();
  } catch (error) {
    return String((error as { code?: string }).code);
  }
}

const aSpan: PlainSpan = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: '00f067aa0ba902b7',
  service: 'shop',
  name: 'GET /',
  kind: 2,
  startUs: 1_796_000_000_000_001,
  durationNs: 1_000,
  isError: false,
  attributes: {},
};
