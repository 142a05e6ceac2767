/** x86-64 instructions, decoded by iced-x86 (a WebAssembly module of 0.8 MB that is loaded on first use). */

import type * as IcedModule from 'iced-x86';
import { requireInstalled } from '../installation.ts';
import type { Arch } from './arch.ts';
import type { DataReference } from './data-reference.ts';
import { goroutineTlsOfAmd64 } from './goroutine-tls.ts';
import type { ArgumentRegister, Instruction, Operation, SiteClass } from './instruction.ts';
import { referencesOfAmd64 } from './references.ts';

type Iced = typeof IcedModule;

let loaded: Iced | undefined;

function iced(): Iced {
  loaded ??= requireInstalled('iced-x86') as Iced;
  return loaded;
}

export const amd64: Arch = {
  name: 'amd64',
  callsPush: true,
  decode,
  textOf,
  findReferences: referencesOfAmd64,
  dataReferences,
  goroutineTls: goroutineTlsOfAmd64,
};

function decode(code: Uint8Array, vaddr: number): Instruction[] {
  const { Decoder, DecoderOptions, Instruction: Decoded } = iced();
  const decoder = new Decoder(64, code, DecoderOptions.None);
  const decoded = new Decoded();
  const instructions: Instruction[] = [];
  try {
    for (let at = 0; at < code.length; ) {
      decoder.position = at;
      decoder.ip = BigInt(vaddr + at);
      decoder.decodeOut(decoded);
      const length = decoded.isInvalid ? 1 : decoded.length;
      const bytes = code.subarray(at, at + length);
      const operation = decoded.isInvalid ? ({ op: 'trap' } as const) : operationOf(decoded);
      instructions.push({ ...operation, vaddr: vaddr + at, length, class: classOf(bytes) });
      at += length;
    }
    return instructions;
  } finally {
    decoded.free();
    decoder.free();
  }
}

/** Operands relative to the instruction pointer. */
function dataReferences(code: Uint8Array, vaddr: number): DataReference[] {
  const { Decoder, DecoderOptions, Instruction: Decoded, MemorySizeExt, Mnemonic } = iced();
  const decoder = new Decoder(64, code, DecoderOptions.None);
  const decoded = new Decoded();
  const references: DataReference[] = [];
  decoder.ip = BigInt(vaddr);
  try {
    while (decoder.canDecode) {
      decoder.decodeOut(decoded);
      if (decoded.isInvalid || !decoded.isIpRelMemoryOperand) continue;
      references.push({
        vaddr: Number(decoded.ip),
        address: Number(decoded.ipRelMemoryAddress),
        bytes: decoded.mnemonic === Mnemonic.Lea ? 0 : MemorySizeExt.size(decoded.memorySize),
      });
    }
    return references;
  } finally {
    decoded.free();
    decoder.free();
  }
}

/** Intel syntax. */
function textOf(code: Uint8Array, vaddr: number): string {
  const { Decoder, DecoderOptions, Formatter, FormatterSyntax } = iced();
  const decoder = new Decoder(64, code, DecoderOptions.None);
  const formatter = new Formatter(FormatterSyntax.Intel);
  decoder.ip = BigInt(vaddr);
  const decoded = decoder.decode();
  try {
    return formatter.format(decoded);
  } finally {
    decoded.free();
    formatter.free();
    decoder.free();
  }
}

function operationOf(i: IcedModule.Instruction): Operation {
  const { FlowControl } = iced();
  switch (i.flowControl) {
    case FlowControl.Call:
      return { op: 'call', target: Number(i.nearBranchTarget) };
    case FlowControl.IndirectCall:
      return { op: 'call_indirect' };
    case FlowControl.UnconditionalBranch:
      return { op: 'jump', target: Number(i.nearBranchTarget) };
    case FlowControl.IndirectBranch:
      return { op: 'jump_indirect' };
    case FlowControl.ConditionalBranch:
      return { op: 'branch', target: Number(i.nearBranchTarget), when: conditionOf(i) };
    case FlowControl.Return:
      return { op: 'return' };
    case FlowControl.Next:
      return straightOperationOf(i);
    default:
      return { op: 'trap' };
  }
}

function conditionOf(i: IcedModule.Instruction): 'zero' | 'nonzero' | 'stack_low' | 'other' {
  const { Mnemonic } = iced();
  switch (i.mnemonic) {
    case Mnemonic.Je:
      return 'zero';
    case Mnemonic.Jne:
      return 'nonzero';
    case Mnemonic.Jbe:
      return 'stack_low';
    default:
      return 'other';
  }
}

const stackGuards: readonly bigint[] = [0x10n /* g.stackguard0 */, 0x18n /* g.stackguard1 */];

function straightOperationOf(i: IcedModule.Instruction): Operation {
  const { Mnemonic, OpKind, Register } = iced();
  switch (i.mnemonic) {
    case Mnemonic.Nop:
      return { op: 'nop' };
    case Mnemonic.Push:
      return i.op0Register === Register.RBP ? { op: 'push_frame' } : { op: 'other' };
    case Mnemonic.Test: {
      const register = argumentRegister(i.op0Register);
      const isSelf = i.op0Kind === OpKind.Register && i.op0Register === i.op1Register;
      return isSelf && register !== undefined ? { op: 'test_zero', register } : { op: 'compare' };
    }
    case Mnemonic.Cmp:
      return comparisonOf(i);
    case Mnemonic.Sub:
      // Frames too large for the fast check: R12 = SP - size.
      return i.op0Register === Register.R12 ? { op: 'stack_check' } : { op: 'other' };
    case Mnemonic.Lea:
    case Mnemonic.Mov:
    case Mnemonic.Movzx:
    case Mnemonic.Movups:
      if (i.op0Kind !== OpKind.Register) return { op: 'move', to: 'elsewhere' };
      if (i.op0Register === Register.R12) return { op: 'stack_check' };
      return { op: 'move', to: argumentRegister(i.op0Register) ?? 'elsewhere' };
    default:
      return { op: 'other' };
  }
}

function comparisonOf(i: IcedModule.Instruction): Operation {
  const { OpKind, Register } = iced();
  const [first, second] = [i.op0Kind, i.op1Kind];
  const compared = first === OpKind.Register ? i.op0Register : i.op1Register;
  const hasMemory = first === OpKind.Memory || second === OpKind.Memory;
  const hasRegister = first === OpKind.Register || second === OpKind.Register;
  if (!hasMemory || !hasRegister) return { op: 'compare' };
  if (i.memoryBase === Register.R14 && stackGuards.includes(i.memoryDisplacement)) {
    return compared === Register.RSP || compared === Register.R12 ? { op: 'stack_check' } : { op: 'compare' };
  }
  const register = argumentRegister(compared);
  if (i.isIpRelMemoryOperand && register !== undefined) {
    return { op: 'compare_memory', register, address: Number(i.ipRelMemoryAddress) };
  }
  return { op: 'compare' };
}

let argumentRegisters: ReadonlyMap<IcedModule.Register, ArgumentRegister> | undefined;

function argumentRegister(register: IcedModule.Register): ArgumentRegister | undefined {
  const { Register: R, RegisterExt } = iced();
  argumentRegisters ??= new Map([
    [R.RAX, 0],
    [R.RBX, 1],
    [R.RCX, 2],
    [R.RDI, 3],
    [R.RSI, 4],
    [R.R8, 5],
    [R.R9, 6],
    [R.R10, 7],
    [R.R11, 8],
  ]);
  return argumentRegisters.get(RegisterExt.fullRegister(register));
}

function classOf(bytes: Uint8Array): SiteClass {
  const [a = 0, b = 0, c = 0, d = 0, e = 0] = bytes;
  if (bytes.length === 5 && a === 0x0f && b === 0x1f && c === 0x44 && d === 0 && e === 0) return 'nop5';
  const isPush = (bytes.length === 1 && a >= 0x50 && a <= 0x57) || (a === 0x41 && b >= 0x50 && b <= 0x57);
  const isNop = (bytes.length === 1 && a === 0x90) || (bytes.length === 2 && a === 0x66 && b === 0x90);
  const isJump =
    a === 0xeb || a === 0xe9 || (a >= 0x70 && a <= 0x7f) || (a === 0x0f && b >= 0x80 && b <= 0x8f);
  return isPush || isNop || isJump || a === 0xe8 ? 'emulated' : 'single-stepped';
}
