import { describe, expect, it } from 'vitest';
import { allRoomFaults, circlesOf, roomFaults } from '../../.scripts/rooms.mjs';

describe('the direction of imports', () => {
  it('is kept by every file of src', () => {
    expect(allRoomFaults()).toEqual([]);
  });

  it('lets a room import from itself and from the rooms on its left', () => {
    const text = `import { a } from '../wire/a.ts';\nimport { b } from './b.ts';\nimport type { c } from '../errors.ts';`;
    expect(roomFaults('src/correlate/x.ts', text)).toEqual([]);
  });

  it.each([
    ['src/wire/x.ts', `import '../binary/elf.ts'`, 'wire must not import from binary'],
    [
      'src/correlate/x.ts',
      `import type { Probe } from '../probes/probe.ts'`,
      'correlate must not import from probes',
    ],
    ['src/span/x.ts', `export { y } from '../export/otlp.ts'`, 'span must not import from export'],
    ['src/kernel/x.ts', `await import('../tracer/tracer.ts')`, 'kernel must not import from tracer'],
    ['src/cli/x.ts', `import '../index.ts'`, 'cli must not import from index'],
    ['src/process/x.ts', `import koffi from 'koffi'`, 'only kernel may import koffi'],
    ['src/correlate/x.ts', `import fs from 'node:fs'`, 'correlate is pure and must not import node:fs'],
    ['src/util/x.ts', '', 'no such room'],
  ])('is broken by %s with %s', (path, text, fault) => {
    expect(roomFaults(path, text).join()).toContain(fault);
  });
});

describe('circles of imports', () => {
  const imports = (lines: readonly string[]) =>
    new Map(lines.map((line) => [line.slice(0, 1), line.slice(2).split('')] as const));

  it.each([
    [['a>b', 'b>c', 'c>a'], ['abca']],
    [['a>a'], ['aa']],
    [['x>a', 'a>b', 'b>a'], ['aba']],
    [
      ['a>b', 'b>ac', 'c>b'],
      ['aba', 'bcb'],
    ],
  ])('in %j are %j', (lines, circles) => {
    expect(circlesOf(imports(lines)).map((circle) => circle.join(''))).toEqual(circles);
  });

  it('are none where two ways lead to one file', () => {
    expect(circlesOf(imports(['a>bc', 'b>d', 'c>d', 'd>']))).toEqual([]);
  });
});
