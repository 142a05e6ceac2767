/** The operations of a segment, numbered as they come. Found by their bytes, so that no text is decoded for a span. */
import type { Operation } from '../page-api/query.ts';
import type { ScannedSpan } from './scan-request.ts';

/** More are not told apart within a segment. */
export const OPERATIONS_MAX = 4_000;
/** Longer ones are not told apart either: four thousand of them would fill the memory. */
const NAME_BYTES_MAX = 4_096;
/** The number of what is not told apart. */
export const OTHERS = 0;

interface Entry {
  readonly number: number;
  readonly kind: number;
  readonly service: Uint8Array;
  readonly name: Uint8Array;
}

export class OperationTable {
  /** By number; that of `OTHERS` is empty. */
  readonly operations: (Operation | undefined)[] = [undefined];
  readonly #byHash = new Map<number, Entry[]>();

  /** The number of a span's operation; a new one if it is new and there is room. */
  numberOf(bytes: Uint8Array, span: ScannedSpan): number {
    const { serviceFrom, serviceTo, nameFrom, nameTo, kind } = span;
    const hash = hashOf(bytes, nameFrom, nameTo, hashOf(bytes, serviceFrom, serviceTo, kind));
    let entries = this.#byHash.get(hash);
    for (const entry of entries ?? []) {
      if (
        entry.kind === kind &&
        isAt(bytes, nameFrom, nameTo, entry.name) &&
        isAt(bytes, serviceFrom, serviceTo, entry.service)
      )
        return entry.number;
    }
    if (this.operations.length > OPERATIONS_MAX || nameTo - nameFrom > NAME_BYTES_MAX) return OTHERS;
    if (serviceTo - serviceFrom > NAME_BYTES_MAX) return OTHERS;
    if (entries === undefined) {
      entries = [];
      this.#byHash.set(hash, entries);
    }
    const service = bytes.slice(serviceFrom, serviceTo);
    const name = bytes.slice(nameFrom, nameTo);
    const number = this.operations.length;
    entries.push({ number, kind, service, name });
    this.operations.push({ service: textOf(service), name: textOf(name), kind });
    return number;
  }

  /** Takes in what was numbered before, in that order. */
  add(operation: Operation): void {
    const service = Buffer.from(operation.service);
    const name = Buffer.from(operation.name);
    const hash = hashOf(name, 0, name.length, hashOf(service, 0, service.length, operation.kind));
    const entry = { number: this.operations.length, kind: operation.kind, service, name };
    const entries = this.#byHash.get(hash);
    if (entries) entries.push(entry);
    else this.#byHash.set(hash, [entry]);
    this.operations.push(operation);
  }
}

const textOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();

function hashOf(bytes: Uint8Array, from: number, to: number, start: number): number {
  let hash = Math.imul(start ^ (to - from), 0x9e3779b1);
  for (let at = from; at < to; at++) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
  return hash;
}

function isAt(bytes: Uint8Array, from: number, to: number, wanted: Uint8Array): boolean {
  if (to - from !== wanted.length) return false;
  for (let index = 0; index < wanted.length; index++) if (bytes[from + index] !== wanted[index]) return false;
  return true;
}
