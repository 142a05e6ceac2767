/**
 * Program counters of a Go program → functions, files and lines, calls that were inlined among them, as Go's own stacks say.
 * Needs neither symbols nor DWARF. Reads a function's tables when it is first met and keeps a bounded number of them: all that
 * is kept of a program of 127 MB comes to 46 MB.
 * Wrong input gives fewer or emptier frames, never an error.
 * Source: https://github.com/golang/go/blob/go1.26.0/src/runtime/symtab.go (Frames.Next, funcline1, funcfile) and
 * https://github.com/golang/go/blob/go1.26.0/src/runtime/traceback.go (tracebackPCs, unwinder.symPC).
 */

import type { AddressSpace } from './address-space.ts';
import { FunctionIndex, type FunctionPlace } from './function-index.ts';
import { type FunctionTables, readRecord } from './function-record.ts';
import { InlinedCalls } from './inlined-calls.ts';
import { PcValues } from './pc-values.ts';
import { type Pclntab, textAt } from './pclntab.ts';

/** A function that was running, or had called the one before it. */
export interface Frame {
  /** As Go prints it, e.g. `main.(*Cache).Fill` or `main.fill[...]`. */
  readonly function: string;
  /** As the compiler wrote it: an absolute path, or with `-trimpath` one that begins with the module. Empty if not known. */
  readonly file: string;
  /** 0 if not known. */
  readonly line: number;
  /** Its code is part of the next frame's function. */
  readonly isInlined: boolean;
  /** Made by the compiler, such as a method of an embedding struct: Go's stacks leave it out, unless it panics itself. */
  readonly isWrapper: boolean;
}

/** How a program counter is to be understood. */
export interface PcOptions {
  /** It stands behind a call that is under way. */
  readonly isReturnAddress?: boolean;
}

/** Of entries in the tables of all functions that are kept: some 10 MB. */
const maxEntries = 1 << 19;
/** What a function counts for besides them. */
const ownSize = 16;
const maxPcs = 1 << 16;
const maxTexts = 1 << 15;
const maxInlineDepth = 128;
const noFile = 0xffffffff;
/** Functions among which the kind of wrappers is looked for: some in a hundred are. */
const lookedAt = 1024;
const maxKind = 63;
/** They are entered by a signal, as if the instruction that it came at had called them. */
const injected: readonly string[] = ['runtime.sigpanic', 'runtime.asyncPreempt', 'runtime.debugCallV2'];
const panics: readonly string[] = ['runtime.gopanic', 'runtime.sigpanic', 'runtime.panicwrap'];

/** Looks program counters up; all addresses are link-time ones. */
export class Symbolizer {
  readonly #space: AddressSpace;
  readonly #table: Pclntab;
  readonly #textStart: number;
  readonly #index: FunctionIndex;
  readonly #inlinedCalls: InlinedCalls | undefined;
  readonly #wrapperKind: number;
  readonly #functions = new Map<number, CodeOfFunction>();
  /** By program counter, return addresses negated. */
  readonly #frames = new Map<number, readonly Frame[]>();
  /** Names of functions and files by their address. */
  readonly #texts = new Map<number, string>();
  #entries = 0;

  /** `functionData`: where the data of functions may begin. */
  constructor(space: AddressSpace, table: Pclntab, textStart: number, functionData: readonly number[]) {
    this.#space = space;
    this.#table = table;
    this.#textStart = textStart;
    this.#index = new FunctionIndex(space, table);
    this.#inlinedCalls = InlinedCalls.find(space, table, this.#index, functionData);
    this.#wrapperKind = highestKind(space, table, this.#index);
  }

  /** The frames at a program counter, innermost first; none outside the program's Go code. */
  symbolize(pc: number, { isReturnAddress = false }: PcOptions = {}): readonly Frame[] {
    const key = isReturnAddress ? -pc : pc;
    const known = this.#frames.get(key);
    if (known) return known;
    const frames = this.#read(pc, isReturnAddress);
    if (this.#frames.size >= maxPcs) dropOldest(this.#frames);
    this.#frames.set(key, frames);
    return frames;
  }

  /**
   * The frames of a stack, innermost first, as Go prints it: without wrappers. The first program counter is where the goroutine
   * is, the others are return addresses.
   */
  symbolizeStack(pcs: readonly number[]): readonly Frame[] {
    const frames: Frame[] = [];
    let callee = '';
    pcs.forEach((pc, index) => {
      const isReturnAddress = index > 0 && !injected.includes(callee);
      for (const frame of this.symbolize(pc, { isReturnAddress })) {
        if (!frame.isWrapper || panics.includes(callee)) frames.push(frame);
        callee = frame.function;
      }
    });
    return frames;
  }

  /**
   * Whether the function at a program counter has made its frame. Without one, what it returns to stands where SP points (amd64)
   * or in the link register (arm64), and the frame pointer is still that of its caller. False outside the program's Go code.
   */
  hasFrame(pc: number): boolean {
    const offset = pc - this.#textStart;
    const fn = this.#index.at(offset);
    const record = fn && readRecord(this.#space, this.#table, fn.record);
    if (!record) return false;
    return (
      PcValues.read(this.#space, this.#table, record.depths, fn.end - fn.entry).at(offset - fn.entry) > 0
    );
  }

  #read(pc: number, isReturnAddress: boolean): Frame[] {
    const offset = pc - this.#textStart;
    const fn = this.#index.at(offset);
    const code = fn && this.#codeOf(fn);
    if (!code) return [];
    const frames: Frame[] = [];
    let at = offset - fn.entry - (isReturnAddress && offset > fn.entry ? 1 : 0);
    while (frames.length < maxInlineDepth) {
      const call = code.inlined && this.#inlinedCalls?.at(code.inlined.tree, code.inlined.numbers.at(at));
      const { name, kind } = call ?? code.record;
      frames.push({
        function: printed(this.#text(this.#table.namesFrom + name, this.#table.namesTo)),
        ...this.#placeAt(code, at),
        isInlined: call !== undefined,
        isWrapper: kind === this.#wrapperKind,
      });
      if (!call) break;
      at = call.parentPc;
    }
    return frames;
  }

  #placeAt({ record, files, lines }: CodeOfFunction, pc: number): { file: string; line: number } {
    const [file, line] = [files.at(pc), lines.at(pc)];
    const { unitsFrom, filesFrom, valuesFrom } = this.#table;
    const number = unitsFrom + (record.unit + file) * 4;
    const offset = file < 0 || line < 0 || number >= filesFrom ? noFile : this.#space.u32(number);
    if (offset === undefined || offset === noFile) return { file: '', line: 0 };
    return { file: this.#text(filesFrom + offset, valuesFrom), line };
  }

  #codeOf(fn: FunctionPlace): CodeOfFunction | undefined {
    const known = this.#functions.get(fn.entry);
    if (known) return known;
    const record = readRecord(this.#space, this.#table, fn.record);
    if (!record) return undefined;
    const read = (offset: number) => PcValues.read(this.#space, this.#table, offset, fn.end - fn.entry);
    const [files, lines] = [read(record.files), read(record.lines)];
    const { tree } = record;
    const inlined = tree === undefined ? undefined : { tree, numbers: read(record.inlined) };
    const size = ownSize + files.size + lines.size + (inlined?.numbers.size ?? 0);
    const code = { record, files, lines, inlined, size };
    this.#entries += size;
    this.#functions.set(fn.entry, code);
    while (this.#entries > maxEntries) this.#entries -= dropOldest(this.#functions)?.size ?? this.#entries;
    return code;
  }

  #text(from: number, to: number): string {
    const known = this.#texts.get(from);
    if (known !== undefined) return known;
    const text = textAt(this.#space, from, to) ?? '';
    if (this.#texts.size >= maxTexts) dropOldest(this.#texts);
    this.#texts.set(from, text);
    return text;
  }
}

interface CodeOfFunction {
  readonly record: FunctionTables;
  readonly files: PcValues;
  readonly lines: PcValues;
  readonly inlined: { readonly tree: number; readonly numbers: PcValues } | undefined;
  /** What counts of it in {@link maxEntries}. */
  readonly size: number;
}

function dropOldest<V>(map: Map<number, V>): V | undefined {
  const [oldest] = map;
  if (oldest) map.delete(oldest[0]);
  return oldest?.[1];
}

/** Type arguments are the compiler's own, by shape, so they are left out. */
function printed(name: string): string {
  const [from, to] = [name.indexOf('['), name.lastIndexOf(']')];
  return from >= 0 && to > from ? `${name.slice(0, from)}[...]${name.slice(to + 1)}` : name;
}

/** The wrappers' kind: the numbers differ between versions, but theirs is behind those of the runtime's own functions. */
function highestKind(space: AddressSpace, table: Pclntab, functions: FunctionIndex): number {
  let highest = 1;
  for (const { record } of functions.some(lookedAt)) {
    const kind = readRecord(space, table, record)?.kind ?? 0;
    if (kind <= maxKind) highest = Math.max(highest, kind);
  }
  return highest;
}
