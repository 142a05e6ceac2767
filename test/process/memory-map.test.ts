import { describe, expect, it } from 'vitest';
import { loadBias, parseMaps } from '../../src/process/memory-map.ts';

const PIE = `\
55d0c2a00000-55d0c2a90000 r--p 00000000 fe:00 1234  /srv/app one
55d0c2a90000-55d0c2c00000 r-xp 00090000 fe:00 1234  /srv/app one
55d0c2c00000-55d0c2c40000 rw-p 001ff000 fe:00 1234  /srv/app one
7f0000000000-7f0000021000 rw-p 00000000 00:00 0
7f1000000000-7f1000200000 r-xp 00000000 fe:00 99    /lib/libc.so.6
7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0     [stack]
`;

const PIE_SEGMENTS = [
  { fileOffset: 0, vaddr: 0, fileSize: 0x8f123 },
  { fileOffset: 0x90000, vaddr: 0x90000, fileSize: 0x16f800 },
  { fileOffset: 0x1ff800, vaddr: 0x200800, fileSize: 0x3f000 },
];

describe('parseMaps', () => {
  it('keeps the mappings of files, with paths that hold spaces', () => {
    const mappings = parseMaps(PIE);
    expect(mappings.map((m) => m.path)).toEqual([
      '/srv/app one',
      '/srv/app one',
      '/srv/app one',
      '/lib/libc.so.6',
    ]);
    expect(mappings[1]).toEqual({
      start: 0x55d0c2a90000,
      end: 0x55d0c2c00000,
      fileOffset: 0x90000,
      inode: 1234,
      path: '/srv/app one',
    });
  });

  it.each(['', '\n\n', 'nonsense', '55-56 r--p', '\0'])('finds nothing in %j', (text) => {
    expect(parseMaps(text)).toEqual([]);
  });

  it('reads the maps of this very process', async () => {
    const { readFile, readlink } = await import('node:fs/promises');
    const exe = await readlink('/proc/self/exe');
    expect(parseMaps(await readFile('/proc/self/maps', 'utf8')).some((m) => m.path === exe)).toBe(true);
  });
});

describe('loadBias', () => {
  it('is where a position-independent executable was put', () => {
    expect(loadBias(parseMaps(PIE), '/srv/app one', PIE_SEGMENTS, 4096)).toBe(0x55d0c2a00000);
  });

  it('is found from any mapping, also where two segments share a page of the file', () => {
    const onlyData = parseMaps(PIE).slice(2);
    expect(loadBias(onlyData, '/srv/app one', PIE_SEGMENTS, 4096)).toBe(0x55d0c2a00000);
  });

  it('is found where pages are larger, and so the offset of a segment is rounded down further', () => {
    const segments = [
      { fileOffset: 0, vaddr: 0, fileSize: 0x1e0000 },
      { fileOffset: 0x1ef800, vaddr: 0x1ff800, fileSize: 0x3f000 },
    ];
    const data = parseMaps('aaaac2bf0000-aaaac2c40000 rw-p 001e0000 fe:00 1234  /srv/app\n');
    expect(loadBias(data, '/srv/app', segments, 65_536)).toBe(0xaaaac2a00000);
  });

  it('is 0 for an executable at fixed addresses', () => {
    const maps = parseMaps('00400000-00600000 r-xp 00000000 fe:00 7   /srv/fixed (deleted)\n');
    expect(
      loadBias(maps, '/srv/fixed (deleted)', [{ fileOffset: 0, vaddr: 0x400000, fileSize: 0x1ffff0 }], 4096),
    ).toBe(0);
  });

  it('is undefined when the executable is not mapped', () => {
    expect(loadBias(parseMaps(PIE), '/srv/other', PIE_SEGMENTS, 4096)).toBeUndefined();
    expect(loadBias([], '/srv/app one', PIE_SEGMENTS, 4096)).toBeUndefined();
    expect(loadBias(parseMaps(PIE), '/srv/app one', [], 4096)).toBeUndefined();
  });
});
