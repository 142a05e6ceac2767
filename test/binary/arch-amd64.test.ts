import { describe, expect, test } from 'vitest';
import { amd64 } from '../../src/binary/arch-amd64.ts';
import { archOf } from '../../src/binary/arch-of.ts';
import { GoidspanError } from '../../src/errors.ts';

function decode(hex: string) {
  const [instruction] = amd64.decode(Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex')), 0x1000);
  return instruction;
}

describe('the class of an instruction', () => {
  test.for([
    ['0f 1f 44 00 00', 'nop5', 'the nop that the kernel turns into a call'],
    ['66 0f 1f 44 00 00', 'single-stepped', 'a nop of another length'],
    ['0f 1f 40 00', 'single-stepped', 'a nop of 4 bytes'],
    ['90', 'emulated', 'nop'],
    ['66 90', 'emulated', 'nop of 2 bytes'],
    ['55', 'emulated', 'push rbp'],
    ['41 54', 'emulated', 'push r12'],
    ['eb 10', 'emulated', 'jmp short'],
    ['e9 10 00 00 00', 'emulated', 'jmp near'],
    ['76 10', 'emulated', 'jbe short'],
    ['0f 86 10 00 00 00', 'emulated', 'jbe near'],
    ['0f 84 10 00 00 00', 'emulated', 'je near'],
    ['e8 10 00 00 00', 'emulated', 'call near'],
    ['ff d1', 'single-stepped', 'call rcx'],
    ['e3 10', 'single-stepped', 'jrcxz'],
    ['c3', 'single-stepped', 'ret'],
    ['48 89 e5', 'single-stepped', 'mov rbp, rsp'],
    ['49 3b 66 10', 'single-stepped', 'cmp rsp, [r14+10h]'],
    ['5d', 'single-stepped', 'pop rbp'],
  ])('%s is %s (%s)', ([hex = '', expected]) => {
    expect(decode(hex)?.class).toBe(expected);
  });
});

describe('what an instruction does', () => {
  test.for([
    ['55', { op: 'push_frame' }],
    ['49 3b 66 10', { op: 'stack_check' }],
    ['49 3b 66 18', { op: 'stack_check' }],
    ['4c 8d a4 24 a8 fe ff ff', { op: 'stack_check' }],
    ['4d 3b 66 10', { op: 'stack_check' }],
    ['76 10', { op: 'branch', target: 0x1012, when: 'stack_low' }],
    ['74 10', { op: 'branch', target: 0x1012, when: 'zero' }],
    ['75 fe', { op: 'branch', target: 0x1000, when: 'nonzero' }],
    ['7f 10', { op: 'branch', target: 0x1012, when: 'other' }],
    ['48 85 db', { op: 'test_zero', register: 1 }],
    ['84 c0', { op: 'test_zero', register: 0 }],
    ['4d 85 db', { op: 'test_zero', register: 8 }],
    ['48 85 c3', { op: 'compare' }],
    ['83 3d 0f 1e 19 00 00', { op: 'compare' }],
    ['48 39 1d 00 01 00 00', { op: 'compare_memory', register: 1, address: 0x1107 }],
    ['48 89 c3', { op: 'move', to: 1 }],
    ['48 8b 15 10 00 00 00', { op: 'move', to: 'elsewhere' }],
    ['48 89 44 24 08', { op: 'move', to: 'elsewhere' }],
    ['48 01 c3', { op: 'other' }],
    ['e8 fb ff ff ff', { op: 'call', target: 0x1000 }],
    ['ff d1', { op: 'call_indirect' }],
    ['ff e1', { op: 'jump_indirect' }],
    ['c3', { op: 'return' }],
    ['cc', { op: 'trap' }],
    ['0f 0b', { op: 'trap' }],
    ['06', { op: 'trap' }],
  ] as const)('%s is understood', ([hex, expected]) => {
    expect(decode(hex)).toMatchObject({ ...expected, vaddr: 0x1000 });
  });

  test('is not lost behind bytes that are no instruction', () => {
    const code = Uint8Array.from([0x06, 0x55, 0x06, 0xc3]);
    const found = amd64.decode(code, 0x1000).map(({ op, vaddr, length }) => [op, vaddr, length]);
    expect(found).toEqual([
      ['trap', 0x1000, 1],
      ['push_frame', 0x1001, 1],
      ['trap', 0x1002, 1],
      ['return', 0x1003, 1],
    ]);
  });
});

test('a processor that is not supported is refused by name', () => {
  expect(() => archOf(243)).toThrow(GoidspanError);
  expect(() => archOf(243)).toThrow(
    'cannot trace the executable: it is built for ELF machine 243, and only amd64 (62) and arm64 (183) are supported (build it with GOARCH=amd64 or arm64)',
  );
});
