import { describe, expect, it } from 'vitest';
import { breakpointBytes } from '../../src/attach/code-check.ts';

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));

describe('a breakpoint in the code of a process', () => {
  it.each([
    ['x64', 'cc', 1, 'of a push'],
    ['x64', 'cc8400000000', 1, 'of a long jump, whose other bytes stay'],
    ['x64', '55', 0, 'push rbp'],
    ['arm64', 'a00020d4', 4, 'of the kernel: brk #5'],
    ['arm64', '000020d4', 4, 'of a debugger: brk #0'],
    ['arm64', '090000cc', 0, 'another instruction that ends with the byte of x86'],
    ['arm64', 'e9000054', 0, 'b.ls'],
    ['arm64', 'c0035fd6', 0, 'ret'],
  ])('on %s in %s takes %i bytes (%s)', (processor, hex, taken) => {
    expect(breakpointBytes(bytes(hex), processor)).toBe(taken);
  });
});
