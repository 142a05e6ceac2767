import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openFileSource } from '../../src/binary/file-source.ts';
import { GoBinary } from '../../src/binary/go-binary.ts';
import { foldedStacks } from '../../src/profile/folded.ts';
import { encodePprof } from '../../src/profile/pprof.ts';
import { Profile, type ProfileFrame, type ProfileInfo } from '../../src/profile/profile.ts';
import { toSpeedscope } from '../../src/profile/speedscope.ts';
import { buildOrSkip, needGo } from '../support/skip.ts';
import { localSymbols } from '../support/symbols-builds.ts';

const info: ProfileInfo = {
  values: [
    { type: 'samples', unit: 'count' },
    { type: 'cpu', unit: 'nanoseconds' },
  ],
  program: { file: '/srv/app', buildId: 'abc/def' },
  period: { type: 'cpu', unit: 'nanoseconds', value: 10_000_000 },
  startUnixMs: Date.UTC(2026, 10, 30),
  durationMs: 1500,
};

const frame = (name: string, line: number, isInlined = false): ProfileFrame => ({
  function: `main.${name}`,
  file: '/src/main.go',
  line,
  isInlined,
});
const [leaf, inner, fill, main] = [
  frame('leaf', 7, true),
  frame('inner', 12, true),
  frame('(*Cache).Fill', 30),
  frame('main', 50),
];
const strange = frame('eq.struct { a int; b int }\n', 1);

/** Three different stacks; the first comes twice. */
function someProfile(): Profile {
  const profile = new Profile(info);
  profile.add([leaf, inner, fill, main], [1, 10_000_000]);
  profile.add([fill, main], [2, 20_000_000], { route: 'GET /items', goid: 17 });
  profile.add([leaf, inner, { ...fill }, main], [3, 30_000_000]);
  profile.add([strange, main], [1, 5_000_000]);
  return profile;
}

describe('a profile', () => {
  test('sums up what comes with the same stack and labels', () => {
    const profile = someProfile();
    const samples = [...profile.samples].map(({ stack, ...rest }) => ({
      names: stack.map((index) => profile.frames[index]?.function.slice(5)),
      ...rest,
    }));
    expect(samples).toEqual([
      { names: ['leaf', 'inner', '(*Cache).Fill', 'main'], labels: {}, values: [4, 40_000_000] },
      {
        names: ['(*Cache).Fill', 'main'],
        labels: { route: 'GET /items', goid: 17 },
        values: [2, 20_000_000],
      },
      { names: ['eq.struct { a int; b int }\n', 'main'], labels: {}, values: [1, 5_000_000] },
    ]);
    expect(profile.frames.length).toBe(5);
  });

  test('tells labels apart by key, type and value, in any order', () => {
    const profile = new Profile(info);
    const all = [{ a: 1, b: '2' }, { b: '2', a: 1 }, { a: '1', b: '2' }, { a: 1 }, {}];
    for (const labels of all) profile.add([main], [1, 1], labels);
    expect([...profile.samples].map(({ values }) => values[0])).toEqual([2, 1, 1, 1]);
  });

  test('counts what it has no room for', () => {
    const profile = new Profile(info, 2);
    const added = [[main], [fill, main], [leaf, main], [main]].map((stack) => profile.add(stack, [1, 1]));
    expect(added).toEqual([true, true, false, true]);
    expect(profile.refused).toBe(1);
    expect([...profile.samples].map(({ values }) => values[0])).toEqual([2, 1]);
  });
});

/** Its first use in a machine builds the tool. */
const timeout = 120_000;

const rowsOf = (output: string) => output.split('\n').map((line) => line.trim().replaceAll(/ +/g, ' '));

/** What Go's own tool makes of the file. */
function pprof(profile: Profile, ...options: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'goidspan-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'profile.pb.gz');
  writeFileSync(path, gzipSync(encodePprof(profile)));
  const env = { ...process.env, PPROF_TMPDIR: folder, TZ: 'UTC' };
  return execFileSync('go', ['tool', 'pprof', ...options, path], { encoding: 'utf8', env, stdio: 'pipe' });
}

describe("Go's pprof", () => {
  test('reads every part of what is written', { timeout }, (context) => {
    needGo(context);
    expect(rowsOf(pprof(someProfile(), '-raw'))).toEqual([
      'PeriodType: cpu nanoseconds',
      'Period: 10000000',
      'Time: 2026-11-30 00:00:00 +0000 UTC',
      'Duration: 1.5s',
      'Samples:',
      'samples/count[dflt] cpu/nanoseconds',
      '4 40000000: 1 2',
      '2 20000000: 3 2',
      'route:[GET /items]',
      'goid:[17]',
      '1 5000000: 4 2',
      'Locations',
      '1: 0x0 M=1 main.leaf /src/main.go:7:0 s=0',
      'main.inner /src/main.go:12:0 s=0',
      'main.(*Cache).Fill /src/main.go:30:0 s=0',
      '2: 0x0 M=1 main.main /src/main.go:50:0 s=0',
      '3: 0x0 M=1 main.(*Cache).Fill /src/main.go:30:0 s=0',
      '4: 0x0 M=1 main.eq.struct { a int; b int }',
      '/src/main.go:1:0 s=0',
      'Mappings',
      '1: 0x0/0x0/0x0 /srv/app abc/def [FN][FL][LN][IN]',
      '',
    ]);
  });

  test('finds the functions where most time went', { timeout }, (context) => {
    needGo(context);
    const output = pprof(someProfile(), '-top', '-sample_index=cpu');
    expect(output).toContain('File: app');
    const rows = rowsOf(output);
    expect(rows).toContain('40ms 61.54% 61.54% 40ms 61.54% main.leaf (inline)');
    expect(rows).toContain('20ms 30.77% 92.31% 60ms 92.31% main.(*Cache).Fill');
    expect(rows).toContain('0 0% 100% 65ms 100% main.main');
  });

  test('reads what the symboliser tells of a program', { timeout }, async (context) => {
    needGo(context);
    const source = openFileSource(await buildOrSkip(context, localSymbols));
    onTestFinished(() => source.close());
    const binary = GoBinary.open(source);
    const { entry = 0, end = 0 } = binary.functions(['main.callsInlined']).get('main.callsInlined') ?? {};
    const profile = new Profile(info);
    for (let pc = entry; pc < end; pc++) profile.add(binary.symbolizer.symbolize(pc), [1, 1_000_000]);
    const rows = rowsOf(pprof(profile, '-top', '-cum', '-sample_index=samples'));
    expect(rows.find((row) => row.endsWith('main.callsInlined'))).toContain(` ${end - entry} 100% `);
    expect(rows.join()).toMatch(/ main\.innermost \(inline\)/);
  });

  test('reads an empty profile', { timeout }, (context) => {
    needGo(context);
    expect(pprof(new Profile({ values: [{ type: 'samples', unit: 'count' }] }), '-raw')).toContain(
      'Samples:',
    );
  });
});

test('folded stacks are a line a stack, with what separates them taken out of names', () => {
  expect(foldedStacks(someProfile())).toBe(
    [
      'main.main;main.(*Cache).Fill;main.inner;main.leaf 4',
      'main.main;main.(*Cache).Fill 2',
      'main.main;main.eq.struct { a int, b int }  1',
      '',
    ].join('\n'),
  );
  expect(foldedStacks(someProfile(), 1)).toContain('main.main;main.(*Cache).Fill 20000000\n');
});

describe('a file for speedscope', () => {
  test('has a profile for each type of value', () => {
    const file = toSpeedscope(someProfile(), 'app');
    expect(file.shared.frames).toEqual(
      [leaf, inner, fill, main, strange].map((f) => ({ name: f.function, file: f.file })),
    );
    expect(file.profiles).toEqual([
      {
        type: 'sampled',
        name: 'samples',
        unit: 'none',
        startValue: 0,
        endValue: 7,
        samples: [
          [3, 2, 1, 0],
          [3, 2],
          [3, 4],
        ],
        weights: [4, 2, 1],
      },
      expect.objectContaining({ name: 'cpu', unit: 'nanoseconds', endValue: 65_000_000 }),
    ]);
  });

  test('does not tell lines of a function apart', () => {
    const profile = new Profile(info);
    for (const line of [1, 2, 3]) profile.add([frame('leaf', line), main], [1, 1]);
    profile.add([{ ...frame('leaf', 1), file: '' }, main], [1, 1]);
    const file = toSpeedscope(profile, 'app');
    expect(file.shared.frames.map((f) => f.file)).toEqual(['/src/main.go', '/src/main.go', undefined]);
    expect(file.profiles[0]?.samples).toEqual([
      [1, 0],
      [1, 0],
      [1, 0],
      [1, 2],
    ]);
  });
});
