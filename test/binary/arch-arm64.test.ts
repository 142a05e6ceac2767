import { describe, expect, test } from 'vitest';
import { arm64 } from '../../src/binary/arch-arm64.ts';
import { openFileSource } from '../../src/binary/file-source.ts';
import { GoBinary } from '../../src/binary/go-binary.ts';
import { disassemble } from '../support/objdump.ts';
import { buildOrSkip } from '../support/skip.ts';

/** Words as a disassembler prints them, the first one at 0x1000. */
function decode(...words: number[]) {
  const code = new Uint8Array(words.length * 4);
  const view = new DataView(code.buffer);
  for (const [index, word] of words.entries()) view.setUint32(index * 4, word, true);
  return { code, instructions: arm64.decode(code, 0x1000) };
}

describe('what an arm64 instruction does', () => {
  test.for([
    [0xd503201f, { op: 'nop', class: 'emulated' }, 'nop'],
    [0xd65f03c0, { op: 'return', class: 'emulated' }, 'ret'],
    [0x94000002, { op: 'call', target: 0x1008, class: 'emulated' }, 'bl 0x1008'],
    [0x97ffffff, { op: 'call', target: 0xffc, class: 'emulated' }, 'bl 0xffc'],
    [0x14000003, { op: 'jump', target: 0x100c, class: 'emulated' }, 'b 0x100c'],
    [0x54000049, { op: 'branch', target: 0x1008, when: 'stack_low', class: 'emulated' }, 'b.ls 0x1008'],
    [0x54000040, { op: 'branch', target: 0x1008, when: 'zero' }, 'b.eq 0x1008'],
    [0x54ffffe1, { op: 'branch', target: 0xffc, when: 'nonzero' }, 'b.ne 0xffc'],
    [0x5400004a, { op: 'branch', target: 0x1008, when: 'other' }, 'b.ge 0x1008'],
    [0xb4000041, { op: 'branch', target: 0x1008, when: 'zero', tests: 1 }, 'cbz x1, 0x1008'],
    [0xb5000041, { op: 'branch', target: 0x1008, when: 'nonzero', tests: 1 }, 'cbnz x1, 0x1008'],
    [0x37000040, { op: 'branch', target: 0x1008, when: 'nonzero', testsBoolean: 0 }, 'tbnz w0, #0, 0x1008'],
    [0x36080040, { op: 'branch', target: 0x1008, when: 'other' }, 'tbz w0, #1, 0x1008'],
    [0xd63f0060, { op: 'call_indirect', class: 'emulated' }, '.inst 0xd63f0060'],
    [0xd61f0360, { op: 'jump_indirect', class: 'emulated' }, '.inst 0xd61f0360'],
    [0xf81d0ffe, { op: 'push_frame', returnBelowSp: 48, class: 'single-stepped' }, 'str x30, [sp, #-48]!'],
    [0xa93ffa9d, { op: 'push_frame', class: 'single-stepped' }, 'stp x29, x30, [x20, #-8]'],
    [0xf9400b90, { op: 'stack_check' }, '.inst 0xf9400b90'],
    [0xeb3063ff, { op: 'stack_check' }, '.inst 0xeb3063ff'],
    [0xd10583f1, { op: 'stack_check' }, '.inst 0xd10583f1'],
    [0xeb10023f, { op: 'stack_check' }, '.inst 0xeb10023f'],
    [0xaa0003e1, { op: 'move', to: 1, class: 'single-stepped' }, '.inst 0xaa0003e1'],
    [0xf9400fe5, { op: 'move', to: 5 }, '.inst 0xf9400fe5'],
    [0xf90017e0, { op: 'move', to: 'elsewhere' }, '.inst 0xf90017e0'],
    [0x9b017c00, { op: 'other' }, '.inst 0x9b017c00'],
    [0xd4200000, { op: 'trap' }, '.inst 0xd4200000'],
    [0x00000000, { op: 'trap' }, '.inst 0x00000000'],
  ] as const)('%i is understood', ([word, expected, text]) => {
    const { code, instructions } = decode(word);
    expect(instructions).toEqual([expect.objectContaining({ ...expected, vaddr: 0x1000, length: 4 })]);
    expect(arm64.textOf(code, 0x1000)).toBe(text);
  });

  test('takes a comparison with a variable together with the load of its address', () => {
    const [adrp, add, ldp, cmp] = [0xb0001bfb, 0x9118437b, 0xa9401363, 0xeb03003f];
    expect(decode(adrp, add, ldp, cmp).instructions.at(-1)).toMatchObject({
      op: 'compare_memory',
      register: 1,
      address: 0x37d000 + 0x1000 + 0x610,
    });
    expect(decode(adrp, 0xf940037b, 0xeb1b003f).instructions.at(-1)).toMatchObject({ register: 1 });
    const call = 0x94000002;
    expect(decode(adrp, add, ldp, call, cmp).instructions.at(-1)?.op).toBe('other');
    expect(decode(adrp, add, 0xaa0003fb, ldp, cmp).instructions.at(-1)?.op).toBe('other');
  });

  test('knows how far below SP a large frame puts the return address', () => {
    const [sub480, sub8192, push] = [0xd10783f4, 0xd1400bf4, 0xa93ffa9d];
    expect(decode(sub480, push).instructions.at(-1)).toMatchObject({ op: 'push_frame', returnBelowSp: 480 });
    expect(decode(sub8192, push).instructions.at(-1)).toMatchObject({ returnBelowSp: 8192 });
    const moveBetween = 0xaa0003e1;
    expect(decode(sub480, moveBetween, push).instructions.at(-1)).not.toHaveProperty('returnBelowSp');
  });

  test('leaves bytes behind the last whole instruction alone', () => {
    expect(arm64.decode(Uint8Array.of(0x1f, 0x20, 0x03, 0xd5, 0x1f), 0)).toHaveLength(1);
    expect(arm64.textOf(Uint8Array.of(0x1f), 0)).toBe('');
  });
});

test('each jump, call and return of a whole program is seen as objdump sees it', {
  timeout: 300_000,
}, async (context) => {
  const build = { dir: 'test/fixtures/binary/hello', name: 'hello-arm64', arch: 'arm64' };
  const path = await buildOrSkip(context, build);
  const binary = GoBinary.open(openFileSource(path));
  const names = [
    'runtime.newproc1',
    'runtime.mallocgc',
    'runtime.schedule',
    'runtime.gopark',
    'runtime.main',
  ];
  const text = binary.segments.find((s) => s.executable);
  const from = Math.min(...[...binary.functions(names).values()].map((fn) => fn.entry)) & ~0xfff;
  const to = Math.min(from + (1 << 19), (text?.vaddr ?? 0) + (text?.fileBytes ?? 0));
  const listing = disassemble(path, from, to, 'arm64');
  if (!listing) return context.skip('no aarch64-linux-gnu-objdump here (install binutils-aarch64-linux-gnu)');
  const code = Array.from({ length: (to - from) / 0x8000 }, (_, i) => ({
    name: 'text',
    entry: from + i * 0x8000,
    end: from + (i + 1) * 0x8000,
  })).flatMap((piece) => binary.instructionsOf(piece));
  const seen = new Map<string, number>();
  for (const instruction of code) {
    const [mnemonic = '', operands = ''] = (listing.get(instruction.vaddr) ?? '').split(/\s+(.*)/);
    const op = opOf(mnemonic);
    if (op === undefined) {
      expect(['other', 'move', 'stack_check', 'push_frame', 'compare_memory', 'trap']).toContain(
        instruction.op,
      );
      continue;
    }
    seen.set(op, (seen.get(op) ?? 0) + 1);
    const target = 'target' in instruction ? instruction.target : undefined;
    const expected = ['jump', 'branch', 'call'].includes(op) ? targetOf(operands) : undefined;
    expect({ at: instruction.vaddr, op: instruction.op, target }).toEqual({
      at: instruction.vaddr,
      op,
      target: expected,
    });
  }
  expect(seen.get('call')).toBeGreaterThan(1_000);
  expect(seen.size).toBe(7);
});

function opOf(mnemonic: string): string | undefined {
  if (/^(b\.\w+|cbz|cbnz|tbz|tbnz)$/.test(mnemonic)) return 'branch';
  const ops: Record<string, string> = {
    b: 'jump',
    bl: 'call',
    blr: 'call_indirect',
    br: 'jump_indirect',
    ret: 'return',
    nop: 'nop',
  };
  return ops[mnemonic];
}

function targetOf(operands: string): number {
  return Number.parseInt(/([0-9a-f]+) </.exec(operands)?.[1] ?? /([0-9a-f]+)$/.exec(operands)?.[1] ?? '', 16);
}
