import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readCgroupLimits } from '../../src/process/cgroup-limits.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'goidspan-cgroup-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Of process 7; `mounts` are lines of mountinfo whose mount points are in the folder. */
function read(groups: string, mounts: readonly string[], files: Readonly<Record<string, string>>) {
  const all = {
    'proc/7/cgroup': groups,
    'proc/self/mountinfo': mounts.map((line) => line.replace('@', folder)).join('\n'),
    ...files,
  };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return readCgroupLimits(7, join(folder, 'proc'));
}

const unified = '30 24 0:26 / @/cg rw,nosuid - cgroup2 cgroup2 rw,nsdelegate';
const stat = 'usage_usec 9\nnr_periods 100\nnr_throttled 40\nthrottled_usec 2500\n';

test('version 2: the tightest bound up to the root counts, with how often it held the group back', () => {
  const limits = read('0::/a/b/c\n', [unified], {
    'cg/a/cpu.max': '50000 100000\n',
    'cg/a/cpu.stat': stat,
    'cg/a/b/cpu.max': '200000 100000\n',
    'cg/a/b/cpu.stat': 'nr_periods 1\nnr_throttled 0\nthrottled_usec 0\n',
    'cg/a/b/c/cpu.max': 'max 100000\n',
    'cg/a/memory.max': 'max\n',
    'cg/a/b/memory.max': '1048576\n',
  });
  expect(limits).toEqual({
    cpus: 0.5,
    memoryBytes: 1_048_576,
    throttling: { periods: 100, throttledPeriods: 40, throttledNs: 2_500_000 },
  });
});

test('version 2: where nobody sets a bound there is none', () => {
  const limits = read('0::/a\n', [unified], { 'cg/a/cpu.max': 'max 100000\n', 'cg/a/memory.max': 'max\n' });
  expect(limits).toEqual({ cpus: null, memoryBytes: null });
});

test('version 1: each controller has its own hierarchy', () => {
  const limits = read(
    '4:memory:/m\n2:cpu,cpuacct:/x/y\n0::/z\n',
    [
      unified,
      '31 24 0:27 / @/cpu rw - cgroup cgroup rw,cpu,cpuacct',
      '32 24 0:28 / @/memory rw - cgroup cgroup rw,memory',
    ],
    {
      'cpu/x/y/cpu.cfs_quota_us': '10000\n',
      'cpu/x/y/cpu.cfs_period_us': '100000\n',
      'cpu/x/y/cpu.stat': 'nr_periods 9\nnr_throttled 3\nthrottled_time 77\n',
      'cpu/x/cpu.cfs_quota_us': '-1\n',
      'cpu/x/cpu.cfs_period_us': '100000\n',
      'memory/m/memory.limit_in_bytes': '9223372036854771712\n',
    },
  );
  expect(limits).toEqual({
    cpus: 0.1,
    memoryBytes: null,
    throttling: { periods: 9, throttledPeriods: 3, throttledNs: 77 },
  });
});

test('a mount that shows a part of the hierarchy is looked at from there', () => {
  const mounts = ['30 24 0:26 /pod @/cg rw - cgroup2 cgroup2 rw'];
  const files = { 'cg/a/cpu.max': '150000 100000\n', 'cg/a/cpu.stat': stat };
  expect(read('0::/pod/a\n', mounts, files).cpus).toBe(1.5);
  expect(read('0::/elsewhere/a\n', mounts, files)).toEqual({});
});

test('what is not mounted, or not to be seen, is not known', () => {
  expect(read('0::/a\n', [], {})).toEqual({});
  expect(read('0::/../b\n', [unified], { 'cg/a/cpu.max': '1 100000\n' })).toEqual({});
  expect(read('', [unified], {})).toEqual({});
});

test('what is no number is no bound', () => {
  const files = { 'cg/a/cpu.max': 'nonsense 0\n', 'cg/a/memory.max': '-5\n' };
  expect(read('0::/a\n', [unified], files)).toEqual({ cpus: null, memoryBytes: null });
});
