/**
 * arm64 instructions, as far as sites need them: branches, calls, the frame push, the stack check, address
 * computations. All are 4 bytes. What is not recognised is `other`, which no rule builds on.
 * Source: Arm Architecture Reference Manual DDI 0487, C4.1 "A64 instruction set encoding".
 */

import type { Arch } from './arch.ts';
import { viewOf } from './byte-source.ts';
import type { DataReference } from './data-reference.ts';
import type { ArgumentRegister, Instruction, Operation, SiteClass } from './instruction.ts';
import { referencesOfArm64 } from './references.ts';

export const arm64: Arch = {
  name: 'arm64',
  callsPush: false,
  decode,
  textOf,
  findReferences: referencesOfArm64,
  dataReferences,
};

const instructionBytes = 4;
const nop = 0xd503201f;
/** Register numbers with a meaning in Go's ABI. */
const [x16, x17, x20, temporary, g, framePointer, link, sp] = [16, 17, 20, 27, 28, 29, 30, 31] as const;
const stackGuards: readonly number[] = [0x10 /* g.stackguard0 */, 0x18 /* g.stackguard1 */];

function decode(code: Uint8Array, vaddr: number): Instruction[] {
  const view = viewOf(code);
  const constants = new Constants();
  let room: number | undefined;
  const instructions: Instruction[] = [];
  for (let at = 0; at + instructionBytes <= code.length; at += instructionBytes) {
    const word = view.getUint32(at, true);
    const operation = constants.comparison(word) ?? framePush(word, room) ?? operationOf(word, vaddr + at);
    constants.follow(word, vaddr + at, operation);
    room = frameRoom(word);
    instructions.push({
      ...operation,
      vaddr: vaddr + at,
      length: instructionBytes,
      class: classOf(word),
    });
  }
  return instructions;
}

function operationOf(word: number, vaddr: number): Operation {
  if (word === nop) return { op: 'nop' };
  return (
    controlOf(word, vaddr) ?? framePush(word, undefined) ?? frameOf(word) ?? moveOf(word) ?? { op: 'other' }
  );
}

function controlOf(word: number, vaddr: number): Operation | undefined {
  if (matches(word, 0x7c000000, 0x14000000)) {
    const target = vaddr + 4 * signed(word, 0, 26);
    return word >>> 31 ? { op: 'call', target } : { op: 'jump', target };
  }
  if (matches(word, 0xff000010, 0x54000000)) {
    return { op: 'branch', target: vaddr + 4 * signed(word, 5, 19), when: conditions[word & 15] ?? 'other' };
  }
  if (matches(word, 0x7e000000, 0x34000000)) {
    const when = bit(word, 24) ? 'nonzero' : 'zero';
    // CBZ of W registers says nothing about the upper half.
    const register = bit(word, 31) ? argument(word & 31) : undefined;
    const target = vaddr + 4 * signed(word, 5, 19);
    return { op: 'branch', target, when, ...(register === undefined ? {} : { tests: register }) };
  }
  if (matches(word, 0x7e000000, 0x36000000)) {
    const isBoolean = !bit(word, 31) && field(word, 19, 5) === 0;
    const register = isBoolean ? argument(word & 31) : undefined;
    const target = vaddr + 4 * signed(word, 5, 14);
    if (register === undefined) return { op: 'branch', target, when: 'other' };
    return { op: 'branch', target, when: bit(word, 24) ? 'nonzero' : 'zero', testsBoolean: register };
  }
  if (matches(word, 0xfffffc1f, 0xd63f0000)) return { op: 'call_indirect' };
  if (matches(word, 0xfffffc1f, 0xd61f0000)) return { op: 'jump_indirect' };
  if (matches(word, 0xfffffc1f, 0xd65f0000)) return { op: 'return' };
  const isTrap = word >>> 16 === 0 || matches(word, 0xffe0001f, 0xd4200000);
  return isTrap ? { op: 'trap' } : undefined;
}

const conditions: Readonly<Record<number, 'zero' | 'nonzero' | 'stack_low'>> = {
  0: 'zero',
  1: 'nonzero',
  9: 'stack_low', // unsigned lower or same
};

/**
 * The frame push (`MOVD.W R30, -n(RSP)`, or `SUB $n, RSP, R20; STP (R29, R30), -8(R20)` for large frames, where `room` is
 * the `n` of the instruction before): the return address stands at the new SP then.
 */
function framePush(word: number, room: number | undefined): Operation | undefined {
  const isStore = matches(word, 0xffe00c00, 0xf8000c00) && rn(word) === sp && rd(word) === link;
  if (isStore && signed(word, 12, 9) < 0) return { op: 'push_frame', returnBelowSp: -signed(word, 12, 9) };
  const isPair = matches(word, 0xffc00000, 0xa9000000) && rd(word) === framePointer && rt2(word) === link;
  if (!isPair || rn(word) !== x20 || signed(word, 15, 7) !== -1) return undefined;
  return room === undefined ? { op: 'push_frame' } : { op: 'push_frame', returnBelowSp: room };
}

/** The `n` of `SUB $n, RSP, R20`. */
function frameRoom(word: number): number | undefined {
  const isSub = matches(word, 0xff800000, 0xd1000000) && rn(word) === sp && rd(word) === x20;
  return isSub ? field(word, 10, 12) * (bit(word, 22) ? 4096 : 1) : undefined;
}

/** The stack check: `MOVD 16(g), R16; SUB $n, RSP, R17; CMP R16, R17; BLS`, and the making of room for a large frame. */
function frameOf(word: number): Operation | undefined {
  const isGuard =
    matches(word, 0xffc00000, 0xf9400000) && rn(word) === g && stackGuards.includes(8 * field(word, 10, 12));
  if (isGuard && rd(word) === x16) return { op: 'stack_check' };
  const isRoom = matches(word, 0xff800000, 0xd1000000) && rn(word) === sp;
  if (isRoom && (rd(word) === x17 || rd(word) === x20)) return { op: 'stack_check' };
  const isSpCompare = matches(word, 0xffe0001f, 0xeb20001f) && rn(word) === sp && rm(word) === x16;
  const isCompare = matches(word, 0xffe0fc1f, 0xeb00001f) && rn(word) === x17 && rm(word) === x16;
  return isSpCompare || isCompare ? { op: 'stack_check' } : undefined;
}

/** Loads, stores, moves and address computations that only change their destination. */
function moveOf(word: number): Operation | undefined {
  const isAddress = matches(word, 0x1f000000, 0x10000000);
  const isAdd = matches(word, 0x7f800000, 0x11000000);
  const isRegisterMove = matches(word, 0x7fe0ffe0, 0x2a0003e0);
  const isLoad = matches(word, 0xffc00000, 0xf9400000);
  if (isAddress || isAdd || isRegisterMove || isLoad) return moveTo(rd(word));
  if (matches(word, 0xffc00000, 0xf9000000)) return { op: 'move', to: 'elsewhere' };
  const isPair = matches(word, 0xff800000, 0xa9000000);
  if (!isPair) return undefined;
  if (!bit(word, 22)) return { op: 'move', to: 'elsewhere' };
  return moveTo(Math.min(rd(word), rt2(word)));
}

function moveTo(register: number): Operation {
  return { op: 'move', to: argument(register) ?? 'elsewhere' };
}

/**
 * Registers whose value is known in a straight line of code: an address (`ADRP`, `ADD`), or what a variable at a fixed
 * address holds (`LDR`, `LDP`). So that `CMP` of a register with a variable is recognised.
 */
class Constants {
  readonly #address = new Map<number, number>();
  readonly #variable = new Map<number, number>();

  /** `CMP Xn, Xm` of an argument register with a variable. */
  comparison(word: number): Operation | undefined {
    if (!matches(word, 0xffe0fc1f, 0xeb00001f)) return undefined;
    const [a, b] = [rn(word), rm(word)];
    const register = this.#variable.has(b) ? argument(a) : argument(b);
    const address = this.#variable.get(b) ?? this.#variable.get(a);
    return register === undefined || address === undefined
      ? undefined
      : { op: 'compare_memory', register, address };
  }

  /** Takes in what the instruction does. */
  follow(word: number, vaddr: number, { op }: Operation): void {
    if (op === 'nop' || op === 'stack_check' || op === 'compare_memory') return;
    if (op !== 'move') {
      this.#forgetAll();
      return;
    }
    const [to, from] = [rd(word), rn(word)];
    const base = this.#address.get(from);
    const isPair = matches(word, 0xff800000, 0xa9000000);
    const isStore = isPair ? !bit(word, 22) : matches(word, 0xffc00000, 0xf9000000);
    if (isStore) return;
    this.#forget(to);
    if (isPair) this.#forget(rt2(word));
    if (matches(word, 0x9f000000, 0x90000000)) this.#address.set(to, pageOf(word, vaddr));
    else if (base === undefined) return;
    else if (matches(word, 0xffc00000, 0x91000000)) this.#address.set(to, base + field(word, 10, 12));
    else if (matches(word, 0xffc00000, 0xf9400000)) this.#variable.set(to, base + 8 * field(word, 10, 12));
    else if (matches(word, 0xffc00000, 0xa9400000)) {
      const at = base + 8 * signed(word, 15, 7);
      this.#variable.set(to, at).set(rt2(word), at + 8);
    }
  }

  #forget(register: number): void {
    this.#address.delete(register);
    this.#variable.delete(register);
  }

  #forgetAll(): void {
    this.#address.clear();
    this.#variable.clear();
  }
}

/**
 * `ADRP Xn` with what completes it behind it: `ADD Xm, Xn, #n`, or a load or store of one register at `[Xn, #n]`. Before Go 1.20
 * the assembler makes of the latter `ADD` and `[Xn]`, by way of its own register.
 */
function dataReferences(code: Uint8Array, vaddr: number): DataReference[] {
  const view = viewOf(code);
  const references: DataReference[] = [];
  const wordAt = (at: number) => (at + instructionBytes <= code.length ? view.getUint32(at, true) : 0);
  for (let at = 0; at < code.length; at += instructionBytes) {
    const word = wordAt(at);
    if (!matches(word, 0x9f000000, 0x90000000)) continue;
    const here = at + instructionBytes;
    const next = wordAt(here);
    const page = pageOf(word, vaddr + at);
    const isAdd = matches(next, 0xffc00000, 0x91000000) && rn(next) === rd(word);
    const base = isAdd ? page + field(next, 10, 12) : page;
    const access = isAdd && rd(next) !== temporary ? undefined : isAdd ? here + instructionBytes : here;
    const accessed =
      access === undefined ? undefined : accessOf(wordAt(access), isAdd ? temporary : rd(word));
    if (accessed) {
      const { offset, bytes } = accessed;
      references.push({ vaddr: vaddr + (access ?? here), address: base + offset, bytes });
    } else if (isAdd) references.push({ vaddr: vaddr + here, address: base, bytes: 0 });
  }
  return references;
}

/** What a load or store of one register takes from `[Xn, #n]`. */
function accessOf(
  word: number,
  base: number,
): { readonly offset: number; readonly bytes: number } | undefined {
  if (!matches(word, 0x3b000000, 0x39000000) || rn(word) !== base) return undefined;
  const isVector128 = bit(word, 26) && bit(word, 23);
  const bytes = 2 ** (isVector128 ? 4 : word >>> 30);
  return { offset: field(word, 10, 12) * bytes, bytes };
}

/** Target of `ADRP`: a page of 4 KiB relative to that of the instruction. */
function pageOf(word: number, vaddr: number): number {
  const pages = signed(word, 5, 19) * 4 + field(word, 29, 2);
  return (Math.floor(vaddr / 4096) + pages) * 4096;
}

/**
 * The kernel simulates what depends on the program counter, and `NOP`.
 * Source: https://github.com/torvalds/linux/blob/v6.18/arch/arm64/kernel/probes/decode-insn.c (arm_probe_decode_insn).
 */
function classOf(word: number): SiteClass {
  const isSimulated =
    word === nop ||
    matches(word, 0x7c000000, 0x14000000) || // B, BL
    matches(word, 0xff000010, 0x54000000) || // B.cond
    matches(word, 0x7c000000, 0x34000000) || // CBZ, CBNZ, TBZ, TBNZ
    matches(word, 0xff9ffc1f, 0xd61f0000) || // BR, BLR, RET
    matches(word, 0x1f000000, 0x10000000) || // ADR, ADRP
    matches(word, 0xbf000000, 0x18000000); // LDR of a literal
  return isSimulated ? 'emulated' : 'single-stepped';
}

const conditionNames = 'eq ne cs cc mi pl vs vc hi ls ge lt gt le al nv'.split(' ');

/** As objdump writes it, for the instructions that sites are on; others as their bits. */
function textOf(code: Uint8Array, vaddr: number): string {
  if (code.length < instructionBytes) return '';
  const word = viewOf(code).getUint32(0, true);
  const operation = operationOf(word, vaddr);
  const to = 'target' in operation ? `0x${operation.target.toString(16)}` : '';
  switch (operation.op) {
    case 'nop':
      return 'nop';
    case 'return':
      return 'ret';
    case 'call':
      return `bl ${to}`;
    case 'jump':
      return `b ${to}`;
    case 'branch':
      return `${branchText(word)}${to}`;
    case 'push_frame':
      return rn(word) === sp ? `str x30, [sp, #${signed(word, 12, 9)}]!` : 'stp x29, x30, [x20, #-8]';
    default:
      return `.inst 0x${word.toString(16).padStart(8, '0')}`;
  }
}

function branchText(word: number): string {
  if (matches(word, 0xff000010, 0x54000000)) return `b.${conditionNames[word & 15]} `;
  const register = `${bit(word, 31) ? 'x' : 'w'}${rd(word)}`;
  const not = bit(word, 24) ? 'n' : '';
  if (!bit(word, 25)) return `cb${not}z ${register}, `;
  return `tb${not}z ${register}, #${field(word, 19, 5) + 32 * Number(bit(word, 31))}, `;
}

/** R0 to R8 of the sixteen argument registers; hooks use no others. */
function argument(register: number): ArgumentRegister | undefined {
  return register <= 8 ? (register as ArgumentRegister) : undefined;
}

function matches(word: number, mask: number, pattern: number): boolean {
  return (word & mask) >>> 0 === pattern;
}

function bit(word: number, at: number): boolean {
  return ((word >>> at) & 1) === 1;
}

function field(word: number, at: number, bits: number): number {
  return (word >>> at) & (2 ** bits - 1);
}

function signed(word: number, at: number, bits: number): number {
  return (word << (32 - at - bits)) >> (32 - bits);
}

const rd = (word: number) => word & 31;
const rn = (word: number) => field(word, 5, 5);
const rm = (word: number) => field(word, 16, 5);
const rt2 = (word: number) => field(word, 10, 5);
