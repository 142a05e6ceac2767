/** Gathers requests into parts of the store: small ones are joined, since requests one after the other are one request. */
import { SPAN_HAS_BREAKDOWN, SPAN_IS_ERROR } from '../page-api/answers.ts';
import type { StoreResult } from '../page-api/span-store.ts';
import type { NewChunk } from './hot-writer.ts';
import type { OperationTable } from './operation-table.ts';
import { type Fault, faultTexts, type ScannedSpan, type SpanVisitor, scanRequest } from './scan-request.ts';
import { SpanRows } from './span-rows.ts';

/** A part is not made larger by joining. */
const CHUNK_BYTES = 256 << 10;

export class RequestChunks implements SpanVisitor {
  readonly #operations: OperationTable;
  readonly #rows = new SpanRows();
  readonly #chunks: NewChunk[] = [];
  #requests: Uint8Array[] = [];
  #bytes = 0;
  /** Row with which the present part begins. */
  #firstRow = 0;
  #request: Uint8Array = new Uint8Array();
  #rejected = 0;
  #fault: Fault | undefined;

  constructor(operations: OperationTable) {
    this.#operations = operations;
  }

  /** Takes a request in; it must not change from now on. Nothing of a request that is broken as a whole is kept. */
  add(request: Uint8Array): StoreResult {
    if (this.#bytes > 0 && this.#bytes + request.length > CHUNK_BYTES) this.#endChunk();
    const before = this.#rows.count;
    this.#request = request;
    this.#rejected = 0;
    this.#fault = undefined;
    const fault = scanRequest(request, this);
    if (fault !== undefined) {
      const seen = this.#rows.count - before + this.#rejected;
      this.#rows.count = before;
      return { stored: 0, rejected: Math.max(1, seen), reason: faultTexts[fault] };
    }
    const stored = this.#rows.count - before;
    if (stored > 0) {
      this.#requests.push(request);
      this.#bytes += request.length;
    }
    const reason = this.#fault && faultTexts[this.#fault];
    return { stored, rejected: this.#rejected, ...(reason !== undefined && { reason }) };
  }

  span(span: ScannedSpan): void {
    const flags = (span.isError ? SPAN_IS_ERROR : 0) | (span.hasBreakdown ? SPAN_HAS_BREAKDOWN : 0);
    const number = this.#operations.numberOf(this.#request, span);
    this.#rows.push(this.#request, span, flags, number, this.#bytes + span.at);
  }

  refused(fault: Fault): void {
    this.#rejected++;
    this.#fault ??= fault;
  }

  /** The parts so far; the next begin anew. */
  take(): NewChunk[] {
    this.#endChunk();
    this.#rows.clear();
    this.#firstRow = 0;
    return this.#chunks.splice(0);
  }

  #endChunk(): void {
    const spans = this.#rows.count - this.#firstRow;
    if (spans === 0) return;
    const [only] = this.#requests;
    const bytes = this.#requests.length === 1 && only ? only : Buffer.concat(this.#requests);
    this.#chunks.push({ bytes, rows: this.#rows.bytesFrom(this.#firstRow), spans });
    this.#requests = [];
    this.#bytes = 0;
    this.#firstRow = this.#rows.count;
  }
}
