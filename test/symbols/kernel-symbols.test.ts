import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { KERNEL_FILE } from '../../src/correlate/code-place.ts';
import { KernelSymbols } from '../../src/symbols/kernel-symbols.ts';
import { kernelFramesOf } from '../../src/symbols/symbolize.ts';
import { Random } from '../support/random.ts';

/** The last 48 bits, as records tell them. */
const low = (address: bigint): number => Number(address & 0xffff_ffff_ffffn);

const listing = `\
0000000000000000 A fixed_percpu_data
ffffffff81000000 T _stext
ffffffff81000000 T startup_64
ffffffff81000100 t do_syscall_64
ffffffff82000000 D some_data
ffffffffc0400000 t ext4_read	[ext4]
ffffffff81000200 W weak_one
ffffffffc0500000 t bpf_prog_6deef7357e7b4530_cpu_sample	[bpf]
`;

describe('the symbols of the kernel', () => {
  it.each([
    [0xffffffff81000000n, '_stext'],
    [0xffffffff810000ffn, '_stext'],
    [0xffffffff81000100n, 'do_syscall_64'],
    [0xffffffff81000200n, 'weak_one'],
    [0xffffffff82000001n, 'weak_one'],
    [0xffffffffc0400123n, 'ext4_read'],
    [0xffffffffc0ffffffn, 'bpf_prog_6deef7357e7b4530_cpu_sample'],
    [0xffffffff80ffffffn, undefined],
  ])('name the function that an address is in: %s', (address, name) => {
    expect(new KernelSymbols(listing).nameAt(low(address))).toBe(name);
  });

  it('are hidden where all addresses are zero', () => {
    expect(new KernelSymbols(listing).areHidden).toBe(false);
    const hidden = listing.replaceAll(/^[0-9a-f]{16}/gm, '0'.repeat(16));
    expect(new KernelSymbols(hidden).areHidden).toBe(true);
    expect(new KernelSymbols('').areHidden).toBe(true);
  });

  it('pass over what is no line of theirs', () => {
    const noise = [
      '',
      ' ',
      'ffffffff81000110',
      'ffffffff81000111 t',
      'xyz t f',
      `${'f'.repeat(40)} t long`,
      '\0\0 t x',
    ];
    const symbols = new KernelSymbols(
      [...noise, listing, ...noise, `ffffffff81000300 t ${'n'.repeat(9_999)}`].join('\n'),
    );
    expect(symbols.nameAt(low(0xffffffff81000150n))).toBe('do_syscall_64');
    expect(symbols.nameAt(low(0xffffffff81000300n))).toHaveLength(512);
    const random = new Random(7);
    for (let round = 0; round < 200; round++) {
      const bytes = Buffer.from(listing);
      for (let change = 0; change < 20; change++) bytes[random.below(bytes.length)] = random.below(256);
      const damaged = new KernelSymbols(bytes.toString('latin1'));
      for (const address of [0, 1, low(0xffffffff81000150n), 2 ** 48 - 1])
        expect(['string', 'undefined']).toContain(typeof damaged.nameAt(address));
    }
  });

  it('are those of this kernel', () => {
    const symbols = new KernelSymbols(readFileSync('/proc/kallsyms', 'latin1'));
    if (symbols.areHidden) return;
    const [, address = ''] =
      /^([0-9a-f]+) [tT] vfs_read$/m.exec(readFileSync('/proc/kallsyms', 'latin1')) ?? [];
    expect(symbols.nameAt(low(BigInt(`0x${address}`)) + 4)).toBe('vfs_read');
  });
});

describe('frames of the kernel', () => {
  it('are looked up where it was, and before where that returns to', () => {
    const pcs = [0xffffffff81000200n, 0xffffffff81000200n].map(low);
    const frames = kernelFramesOf(new KernelSymbols(listing), pcs);
    expect(frames.map(({ function: name }) => name)).toEqual(['weak_one', 'do_syscall_64']);
    expect(frames[0]).toMatchObject({ file: KERNEL_FILE, line: 0, isInlined: false });
  });

  it('are one where nothing is known of them', () => {
    const frames = kernelFramesOf(undefined, [1, 2, 3]);
    expect(frames.map(({ function: name }) => name)).toEqual([KERNEL_FILE]);
  });
});
