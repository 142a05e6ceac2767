/**
 * The calls that the compiler replaced by the code of what they call (`FUNCDATA_InlTree`), by function. They lie in the data of
 * functions, `go:func.*`, whose place no table says in the same way in all versions: it is found by content.
 * Source: https://github.com/golang/go/blob/go1.26.0/src/runtime/symtabinl.go and
 * https://github.com/golang/go/blob/go1.19/src/runtime/symtab.go (inlinedCall).
 */

import type { AddressSpace } from './address-space.ts';
import { viewOf } from './byte-source.ts';
import type { FunctionIndex } from './function-index.ts';
import { readRecord } from './function-record.ts';
import type { Pclntab } from './pclntab.ts';

/** A call that was inlined. */
export interface InlinedCall {
  /** What kind of function was called (`abi.FuncID`). */
  readonly kind: number;
  /** Offset of its name. */
  readonly name: number;
  /** Bytes from the entry of the function to an instruction that belongs to the call's place. */
  readonly parentPc: number;
}

/** Go ≤ 1.19 has the numbers of the parent, the file and the line as well. */
const oldLayout = { bytes: 20, kind: 2, name: 12, parentPc: 16 };
const layout = { bytes: 16, kind: 0, name: 4, parentPc: 8 };
const maxCalls = 1 << 20;
/** Functions that are looked at, and trees among them that must be trees. */
const lookedAt = 2048;
const enoughTrees = 64;
const soundShare = 0.75;

/** Reader of the inlined calls of one program. */
export class InlinedCalls {
  readonly #space: AddressSpace;
  readonly #table: Pclntab;
  readonly #base: number;

  /** Undefined where none of the places holds the data of functions. */
  static find(
    space: AddressSpace,
    table: Pclntab,
    functions: FunctionIndex,
    places: readonly number[],
  ): InlinedCalls | undefined {
    const trees = someTrees(space, table, functions);
    const readers = places.map((place) => new InlinedCalls(space, table, place));
    const needed = Math.max(1, trees.length * soundShare);
    return readers.find((reader) => trees.filter((tree) => reader.#isTree(tree)).length >= needed);
  }

  private constructor(space: AddressSpace, table: Pclntab, base: number) {
    this.#space = space;
    this.#table = table;
    this.#base = base;
  }

  /** The call with a number in the tree at an offset. */
  at(tree: number, index: number): InlinedCall | undefined {
    const { bytes, kind, name, parentPc } = this.#table.hasOldRecords ? oldLayout : layout;
    if (index < 0 || index >= maxCalls) return undefined;
    const record = this.#space.read(this.#base + tree + index * bytes, bytes);
    if (!record) return undefined;
    const view = viewOf(record);
    return {
      kind: view.getUint8(kind),
      name: view.getUint32(name, true),
      parentPc: view.getUint32(parentPc, true),
    };
  }

  /** Whether its first call has a name that begins where one does, and a place in the function. */
  #isTree({ offset, functionBytes }: Tree): boolean {
    const call = this.at(offset, 0);
    if (!call || call.parentPc >= functionBytes) return false;
    const name = this.#table.namesFrom + call.name;
    return name < this.#table.namesTo && (call.name === 0 || this.#space.byte(name - 1) === 0);
  }
}

interface Tree {
  readonly offset: number;
  readonly functionBytes: number;
}

function someTrees(space: AddressSpace, table: Pclntab, functions: FunctionIndex): Tree[] {
  const trees: Tree[] = [];
  for (const { entry, end, record } of functions.some(lookedAt)) {
    const offset = readRecord(space, table, record)?.tree;
    if (offset !== undefined) trees.push({ offset, functionBytes: end - entry });
    if (trees.length === enoughTrees) break;
  }
  return trees;
}
