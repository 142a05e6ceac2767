/**
 * A compiled BPF object taken apart into its functions: instructions, calls, the stack that each uses. Reads only what
 * clang writes. Source of the encoding: https://docs.kernel.org/bpf/standardization/instruction-set.html
 */
import { readFileSync } from 'node:fs';

const INSTRUCTION_BYTES = 8;
const [SHT_SYMTAB, SHT_REL] = [2, 9] as const;
const STT_FUNC = 2;
/** Classes, operations and pseudo sources of instructions, include/uapi/linux/bpf.h. */
const [LD, LDX, ST, STX, ALU64] = [0, 1, 2, 3, 7] as const;
const [ADD_K, MOV_X, CALL, LOAD_64] = [0x07, 0xbf, 0x85, 0x18] as const;
const [PSEUDO_CALL, PSEUDO_FUNC] = [1, 4] as const;
const FRAME_POINTER = 10;

/** One function: a program, or what a program calls. */
export interface BpfFunction {
  readonly name: string;
  /** The section, which says what kind of program it is: `uprobe`; `.text` for functions that are called. */
  readonly section: string;
  /** Numbers of the kernel's helpers that it calls. */
  readonly helpers: ReadonlySet<number>;
  /** Functions that it calls, or hands to a helper that does. */
  readonly calls: ReadonlySet<string>;
  /** Bytes of its frame, rounded up as the verifier does. */
  readonly frameBytes: number;
}

interface Section {
  readonly name: string;
  readonly type: number;
  readonly at: number;
  readonly bytes: number;
  /** Of relocations: the section that they change. */
  readonly info: number;
}

interface Symbol {
  readonly name: string;
  readonly type: number;
  readonly section: number;
  readonly value: number;
  readonly bytes: number;
}

/** The functions of the object at `path`, by name. */
export function readBpfObject(path: string): ReadonlyMap<string, BpfFunction> {
  const file = readFileSync(path);
  const sections = sectionsOf(file);
  const symbols = symbolsOf(file, sections);
  const functions = symbols.filter(({ type }) => type === STT_FUNC);
  const at = (section: number, value: number): string => {
    const found = functions.find((each) => each.section === section && each.value === value);
    if (!found) throw new Error(`no function at ${sections[section]?.name}+${value}`);
    return found.name;
  };
  const relocations = relocationsOf(file, sections, symbols);
  return new Map(
    functions.map((symbol) => {
      const section = sections[symbol.section] as Section;
      const helpers = new Set<number>();
      const calls = new Set<string>();
      const frame = new Frame();
      for (let value = symbol.value; value < symbol.value + symbol.bytes; value += INSTRUCTION_BYTES) {
        const instruction = decode(file, section.at + value);
        const target = relocations.get(`${symbol.section}:${value}`);
        const { code, src, imm } = instruction;
        if (code === CALL && src === 0) helpers.add(imm);
        if (code === CALL && src === PSEUDO_CALL) {
          // Without a relocation it is relative; with one, the distance within the section of the symbol.
          calls.add(
            target
              ? at(
                  target.section,
                  target.value + (target.type === STT_FUNC ? 0 : (imm + 1) * INSTRUCTION_BYTES),
                )
              : at(symbol.section, value + (imm + 1) * INSTRUCTION_BYTES),
          );
        }
        if (
          code === LOAD_64 &&
          target &&
          (src === PSEUDO_FUNC || sections[target.section]?.name === '.text')
        ) {
          calls.add(at(target.section, target.value + (target.type === STT_FUNC ? 0 : imm)));
        }
        frame.follow(instruction);
        if (code === LOAD_64) value += INSTRUCTION_BYTES;
      }
      return [
        symbol.name,
        { name: symbol.name, section: section.name, helpers, calls, frameBytes: frame.bytes },
      ];
    }),
  );
}

/** The deepest chain of calls from `name`: its functions, and the bytes of their frames together. */
export function deepestChain(
  functions: ReadonlyMap<string, BpfFunction>,
  name: string,
): { readonly chain: readonly string[]; readonly bytes: number } {
  const own = functions.get(name) as BpfFunction;
  const deepest = [...own.calls]
    .map((called) => deepestChain(functions, called))
    .reduce((a, b) => (b.bytes > a.bytes ? b : a), { chain: [], bytes: 0 } as ReturnType<
      typeof deepestChain
    >);
  return { chain: [name, ...deepest.chain], bytes: own.frameBytes + deepest.bytes };
}

interface Instruction {
  readonly code: number;
  readonly dst: number;
  readonly src: number;
  readonly off: number;
  readonly imm: number;
}

/** Follows how deep a function reaches below its frame pointer: by loads and stores, and by addresses that it makes. */
class Frame {
  #deepest = 0;
  /** Registers that hold the frame pointer itself. */
  readonly #copies = new Set<number>();

  follow({ code, dst, src, off, imm }: Instruction): void {
    const kind = code & 7;
    if (kind === LDX && src === FRAME_POINTER) this.#reach(off);
    if ((kind === ST || kind === STX) && dst === FRAME_POINTER) this.#reach(off);
    if (kind === LDX || kind === LD) this.#copies.delete(dst);
    if (kind !== ALU64) return;
    if (code === ADD_K && this.#copies.has(dst)) this.#reach(imm);
    this.#copies.delete(dst);
    if (code === MOV_X && src === FRAME_POINTER) this.#copies.add(dst);
  }

  #reach(offset: number): void {
    this.#deepest = Math.max(this.#deepest, -offset);
  }

  /** `round_up_stack_depth`, kernel/bpf/verifier.c: to 32 bytes, at least 32 (16 where the frame is compiled). */
  get bytes(): number {
    return Math.max(32, Math.ceil(this.#deepest / 32) * 32);
  }
}

function decode(file: Buffer, at: number): Instruction {
  const registers = file[at + 1] as number;
  return {
    code: file[at] as number,
    dst: registers & 15,
    src: registers >> 4,
    off: file.readInt16LE(at + 2),
    imm: file.readInt32LE(at + 4),
  };
}

function sectionsOf(file: Buffer): Section[] {
  const table = Number(file.readBigUInt64LE(40));
  const [bytes, count, names] = [58, 60, 62].map((at) => file.readUInt16LE(at)) as [number, number, number];
  const at = (index: number): number => table + index * bytes;
  const nameTable = Number(file.readBigUInt64LE(at(names) + 24));
  return Array.from({ length: count }, (_, index) => ({
    name: textAt(file, nameTable + file.readUInt32LE(at(index))),
    type: file.readUInt32LE(at(index) + 4),
    at: Number(file.readBigUInt64LE(at(index) + 24)),
    bytes: Number(file.readBigUInt64LE(at(index) + 32)),
    info: file.readUInt32LE(at(index) + 44),
  }));
}

function symbolsOf(file: Buffer, sections: readonly Section[]): Symbol[] {
  const table = sections.find(({ type }) => type === SHT_SYMTAB) as Section;
  const names = sections.find(({ name }) => name === '.strtab') as Section;
  return Array.from({ length: table.bytes / 24 }, (_, index) => {
    const at = table.at + index * 24;
    return {
      name: textAt(file, names.at + file.readUInt32LE(at)),
      type: (file[at + 4] as number) & 15,
      section: file.readUInt16LE(at + 6),
      value: Number(file.readBigUInt64LE(at + 8)),
      bytes: Number(file.readBigUInt64LE(at + 16)),
    };
  });
}

/** Symbols by `section:offset` of the instruction that they are put into. */
function relocationsOf(
  file: Buffer,
  sections: readonly Section[],
  symbols: readonly Symbol[],
): Map<string, Symbol> {
  const found = new Map<string, Symbol>();
  for (const { at, bytes, info } of sections.filter(({ type }) => type === SHT_REL)) {
    for (let entry = at; entry < at + bytes; entry += 16) {
      const symbol = symbols[file.readUInt32LE(entry + 12)];
      if (symbol) found.set(`${info}:${file.readBigUInt64LE(entry)}`, symbol);
    }
  }
  return found;
}

function textAt(file: Buffer, at: number): string {
  return file.toString('latin1', at, file.indexOf(0, at));
}
