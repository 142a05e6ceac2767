/**
 * A function's record in the function table (`runtime._func`): where its name, its tables by program counter and its inlined
 * calls are.
 * Source: https://github.com/golang/go/blob/go1.26.0/src/runtime/runtime2.go (_func) and the same of 1.19, without startLine.
 */

import type { AddressSpace } from './address-space.ts';
import { viewOf } from './byte-source.ts';
import type { Pclntab } from './pclntab.ts';

/** What is read of it; every number is an offset in a table, 0 where there is no table. */
export interface FunctionTables {
  readonly name: number;
  /** How far SP is below where it was at the entry. */
  readonly depths: number;
  readonly files: number;
  readonly lines: number;
  /** Index of its compilation unit's first file. */
  readonly unit: number;
  /** What the runtime treats it as (`abi.FuncID`). */
  readonly kind: number;
  /** Numbers of inlined calls by program counter. */
  readonly inlined: number;
  /** The inlined calls; undefined where there are none. */
  readonly tree: number | undefined;
}

// Byte offsets, the same in all versions; the last bytes are behind `startLine`, which came with Go 1.20.
const nameAt = 4;
const depthsAt = 16;
const filesAt = 20;
const linesAt = 24;
const valueTablesAt = 28;
const unitAt = 32;
const oldKindAt = 36;
const kindAt = 40;
const dataCountAt = 3;
const tablesAt = 4;

/** `PCDATA_InlTreeIndex` and `FUNCDATA_InlTree`. */
const inlinedTable = 2;
const treeData = 3;
const noData = 0xffffffff;
const maxValueTables = 64;

/** Undefined where the record is not in the file. */
export function readRecord(space: AddressSpace, table: Pclntab, vaddr: number): FunctionTables | undefined {
  const kind = table.hasOldRecords ? oldKindAt : kindAt;
  const head = space.read(vaddr, kind + tablesAt);
  if (!head) return undefined;
  const view = viewOf(head);
  const valueTables = view.getUint32(valueTablesAt, true);
  const tables = vaddr + kind + tablesAt;
  const isSound = valueTables <= maxValueTables;
  const hasTree = isSound && valueTables > inlinedTable && view.getUint8(kind + dataCountAt) > treeData;
  const tree = hasTree ? space.u32(tables + (valueTables + treeData) * 4) : undefined;
  return {
    name: view.getUint32(nameAt, true),
    depths: view.getUint32(depthsAt, true),
    files: view.getUint32(filesAt, true),
    lines: view.getUint32(linesAt, true),
    unit: view.getUint32(unitAt, true),
    kind: view.getUint8(kind),
    inlined: (hasTree && space.u32(tables + inlinedTable * 4)) || 0,
    tree: tree === noData ? undefined : tree,
  };
}
