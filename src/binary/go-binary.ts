/**
 * A Go executable as the tracer sees it: functions, struct offsets, type names, instructions.
 * Pure over its {@link ByteSource}; treats the file as hostile; reads what is asked for and no more (≤ 50 MB at a time).
 */

import { GoidspanError } from '../errors.ts';
import { AddressSpace } from './address-space.ts';
import type { Arch } from './arch.ts';
import { archOf } from './arch-of.ts';
import { type BuildInfo, readBuildInfo } from './build-info.ts';
import type { ByteSource } from './byte-source.ts';
import type { DataReference } from './data-reference.ts';
import { type Elf, parseElf, type Segment } from './elf.ts';
import type { Instruction } from './instruction.ts';
import { findModuleData, type ModuleData } from './moduledata.ts';
import {
  findPclntab,
  functionNameAt,
  type GoFunction,
  hasNameLike,
  lookUpFunctions,
  type Pclntab,
} from './pclntab.ts';
import { referenceBytes } from './references.ts';
import { findStringTable } from './string-table.ts';
import { findSymbols } from './symbol-table.ts';
import { Symbolizer } from './symbolizer.ts';
import { TypeData } from './type-data.ts';

export type { GoFunction } from './pclntab.ts';

/** The largest function that is decoded; `net/http`'s largest has 5 kB. */
const maxFunctionBytes = 1 << 16;
/** A struct of every Go program, by which type data is recognised. */
const knownType = 'runtime.g';
/** What sets a thread's goroutine: an assembly function that belongs to no package. */
const goroutineSetter = 'gogo';
/** Of `runtime.waitReasonStrings` in each Go version. */
const firstWaitReasons: readonly string[] = ['', 'GC assist marking', 'IO wait'];
/** Assembly of `runtime/cgo`: linked exactly when C code is. */
const cgoMarker = 'crosscall2';

/** A Go program of amd64 or arm64. Addresses are link-time ones: in a PIE add the load bias. */
export class GoBinary {
  /** As the toolchain wrote it, e.g. `go1.26.8`; may be absent or wrong, so nothing is derived from it. */
  readonly goVersion: string | undefined;
  /** Path of the main module. */
  readonly modulePath: string | undefined;
  /** What else `.go.buildinfo` says, if it is there. */
  readonly buildInfo: BuildInfo | undefined;
  /** Loaded at an address chosen at run time. */
  readonly isPie: boolean;
  /** Without a symbol table (`-s`, `strip`). */
  readonly isStripped: boolean;
  /** Go's build id, else the GNU build id in hex; absent where both were removed. */
  readonly buildId: string | undefined;
  readonly arch: Arch;

  readonly #source: ByteSource;
  readonly #elf: Elf;
  readonly #space: AddressSpace;
  readonly #table: Pclntab;
  readonly #moduleData: ModuleData | undefined;
  readonly #textStart: number;
  readonly #functions = new Map<string, GoFunction | undefined>();
  readonly #structs = new Map<string, number | undefined>();
  readonly #fields = new Map<string, ReadonlyMap<string, number>>();
  #types: TypeData | undefined | null = null;
  #waitReasons: readonly string[] | undefined | null = null;
  #symbolizer: Symbolizer | undefined;

  /**
   * Reads the headers and finds Go's tables.
   * @throws GoidspanError `bad_binary`, `not_go` or `not_supported_binary`.
   */
  static open(source: ByteSource): GoBinary {
    const elf = parseElf(source);
    const arch = archOf(elf.machine);
    const space = new AddressSpace(source, elf);
    refusePacked(source, elf, space);
    return new GoBinary(source, elf, arch, space);
  }

  private constructor(source: ByteSource, elf: Elf, arch: Arch, space: AddressSpace) {
    this.#source = source;
    this.#elf = elf;
    this.arch = arch;
    this.#space = space;
    this.#table = findPclntab(elf, space);
    this.#moduleData = findModuleData(elf, space, this.#table);
    this.#textStart = this.#moduleData?.text ?? (this.#table.textStart || textSection(elf));
    this.isPie = elf.isPie;
    this.isStripped = !elf.sections.some((s) => s.name === '.symtab');
    this.buildId = readBuildId(elf);
    this.buildInfo = readBuildInfo(elf, space);
    this.goVersion = this.buildInfo?.goVersion;
    this.modulePath = this.buildInfo?.modulePath;
  }

  /** The parts of the file that are loaded, as the program headers say. */
  get segments(): readonly Segment[] {
    return this.#space.segments;
  }

  /** Whether C code is linked in (then the thread's g is at another place). */
  get isCgo(): boolean {
    return this.functions([cgoMarker]).size > 0;
  }

  /** The functions with these full names (`net/http.(*conn).serve`) that exist; one pass for all that are new. */
  functions(names: Iterable<string>): Map<string, GoFunction> {
    const wanted = [...new Set(names)];
    const unknown = wanted.filter((name) => !this.#functions.has(name));
    if (unknown.length > 0) {
      const found = lookUpFunctions(this.#space, this.#table, this.#textStart, unknown);
      for (const name of unknown) this.#functions.set(name, found.get(name));
    }
    return present(wanted, this.#functions);
  }

  /** Whether one of the texts is in the full name of some function. */
  hasFunctionLike(texts: readonly string[]): boolean {
    return hasNameLike(this.#space, this.#table, texts);
  }

  /**
   * Byte offset of a field of a named struct type, e.g. `('net/http.Request', 'Method')`.
   * Undefined when the program has no such type or the type no such field.
   */
  fieldOffset(structName: string, field: string): number | undefined {
    let offsets = this.#fields.get(structName);
    if (!offsets) {
      const vaddr = this.structs([structName]).get(structName);
      const fields = vaddr === undefined ? undefined : this.#typeData()?.fieldsOf(vaddr);
      offsets = new Map(fields?.map((f) => [f.name, f.offset]));
      this.#fields.set(structName, offsets);
    }
    return offsets.get(field);
  }

  /** Whether the program's type data has the named struct type. */
  hasType(structName: string): boolean {
    return this.structs([structName]).has(structName);
  }

  /** Addresses of the descriptors of named struct types; one pass for all that are new, so ask for many at once. */
  structs(names: Iterable<string>): Map<string, number> {
    const wanted = [...new Set(names)];
    const unknown = wanted.filter((name) => !this.#structs.has(name));
    if (unknown.length > 0) {
      const found = this.#typeData()?.findStructs(unknown);
      for (const name of unknown) this.#structs.set(name, found?.get(name));
    }
    return present(wanted, this.#structs);
  }

  /** The name that `%T` prints for the type descriptor at a link-time address, e.g. `*net.OpError`. */
  typeNameAt(vaddr: number): string | undefined {
    return this.#typeData()?.typeNameAt(vaddr);
  }

  /**
   * Whether a function whose name begins with none of `except` calls one of these addresses or names one of them as data.
   * By a search in the program's text, which is read whole: a hint that says yes rather too often.
   */
  isUsed(addresses: ReadonlySet<number>, except: readonly string[]): boolean {
    const from = this.#textStart;
    // As far as the segment goes.
    for (const { vaddr, bytes } of this.#space.chunks(from, Number.MAX_SAFE_INTEGER, referenceBytes)) {
      const users: number[] = [];
      this.arch.findReferences(bytes, vaddr, addresses, (at) => users.push(at));
      const names = users.map((at) => functionNameAt(this.#space, this.#table, from, at));
      if (names.some((name) => name !== undefined && !except.some((start) => name.startsWith(start))))
        return true;
    }
    return false;
  }

  /**
   * Where a thread keeps the goroutine that it runs: bytes from its thread pointer, which is negative. Undefined on arm64,
   * where it is in R28, and where the code that sets it is not recognised.
   */
  goroutineTls(): number | undefined {
    const fn = this.functions([goroutineSetter]).get(goroutineSetter);
    const code = fn && this.#codeOf(fn);
    return code && this.arch.goroutineTls?.(code);
  }

  /** What looks the program's own program counters up; reads from the file, so keep that open. */
  get symbolizer(): Symbolizer {
    this.#symbolizer ??= new Symbolizer(
      this.#space.inSmallPages(),
      this.#table,
      this.#textStart,
      this.#moduleData?.functionData ?? [],
    );
    return this.#symbolizer;
  }

  /** Why goroutines wait, as their stacks print it, by the runtime's numbers; undefined if the table is not found. */
  waitReasons(): readonly string[] | undefined {
    if (this.#waitReasons === null) this.#waitReasons = findStringTable(this.#space, firstWaitReasons);
    return this.#waitReasons;
  }

  /** Every instruction of a function, in order; padding after it included. */
  instructionsOf(fn: GoFunction): Instruction[] {
    const code = this.#codeOf(fn);
    if (!code) {
      throw new GoidspanError(
        'bad_binary',
        `cannot decode ${fn.name}: its ${fn.end - fn.entry} bytes at 0x${fn.entry.toString(16)} are not program text (the file is damaged)`,
      );
    }
    return this.arch.decode(code, fn.entry);
  }

  /** What a function reads, writes or points to at fixed addresses, in the order of its code; nothing if that is no program text. */
  dataReferencesOf(fn: GoFunction): DataReference[] {
    const code = this.#codeOf(fn);
    return code ? this.arch.dataReferences(code, fn.entry) : [];
  }

  /** Whether a variable may be at an address: it is in memory that the program may write to. */
  isVariable(vaddr: number): boolean {
    return this.#space.segments.some(
      (s) => s.writable && vaddr >= s.vaddr && vaddr < s.vaddr + s.memoryBytes,
    );
  }

  /** Addresses of the variables with these names, by the symbol table; none if it has none. */
  variables(names: Iterable<string>): Map<string, number> {
    return findSymbols(this.#source, this.#elf, new Set(names));
  }

  /** Assembly text of a decoded instruction. */
  textOf({ vaddr, length }: Instruction): string {
    const code = this.#space.read(vaddr, length);
    return code ? this.arch.textOf(code, vaddr) : '';
  }

  /** Offset in the file of a link-time address, through the program headers. */
  fileOffsetOf(vaddr: number): number | undefined {
    return this.#space.fileOffsetOf(vaddr);
  }

  /** Undefined if it does not lie in the program's text. */
  #codeOf({ entry, end }: GoFunction): Uint8Array | undefined {
    if (end <= entry || !this.#space.segmentOf(entry)?.executable) return undefined;
    return this.#space.read(entry, Math.min(end - entry, maxFunctionBytes));
  }

  #typeData(): TypeData | undefined {
    if (this.#types === null) {
      this.#types = (this.#moduleData?.typeRanges ?? [])
        .map((range) => new TypeData(this.#space, range))
        .find((types) => types.findStructs([knownType]).size > 0);
    }
    return this.#types;
  }
}

function present<T>(names: readonly string[], cache: ReadonlyMap<string, T | undefined>): Map<string, T> {
  const result = new Map<string, T>();
  for (const name of names) {
    const value = cache.get(name);
    if (value !== undefined) result.set(name, value);
  }
  return result;
}

function textSection(elf: Elf): number {
  return (
    elf.sections.find((s) => s.name === '.text')?.vaddr ?? elf.segments.find((s) => s.executable)?.vaddr ?? 0
  );
}

const goBuildIdNote = 4;
const gnuBuildIdNote = 3;

function readBuildId(elf: Elf): string | undefined {
  const go = elf.note('Go', goBuildIdNote);
  if (go && go.length > 0) return Buffer.from(go).toString('latin1');
  const gnu = elf.note('GNU', gnuBuildIdNote);
  return gnu && gnu.length > 0 ? Buffer.from(gnu).toString('hex') : undefined;
}

/** UPX leaves its mark right behind the program headers and in the packed data's header. */
function refusePacked(source: ByteSource, elf: Elf, space: AddressSpace): void {
  if (elf.sections.length > 0) return;
  const head = Buffer.from(source.read(0, Math.min(source.size, 4096)));
  if (!head.includes('UPX!') || space.segments.length > 4) return;
  throw new GoidspanError(
    'not_supported_binary',
    'cannot trace the executable: it is packed with UPX (unpack it with `upx -d`, or attach to the unpacked program)',
  );
}
