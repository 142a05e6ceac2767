/**
 * Prints finished traces as trees. Owns when a trace is finished and how many are printed; how they look is in
 * `trace-tree.ts`.
 */
import { GOIDSPAN_SDK } from '../../span/attribute-names.ts';
import type { ReadableSpan } from '../../span/readable-span.ts';
import type { ExportResult, SpanExporter } from '../span-sink.ts';
import { RecentIds } from './recent-ids.ts';
import type { Style } from './style.ts';
import { formatTrace } from './trace-tree.ts';

/** Where the trees go. */
export interface TreeExporterOptions {
  readonly write: (text: string) => void;
  readonly style: Style;
  /** Trees a second, in the long run; twice as many may come at once. */
  readonly tracesPerSecond?: number;
}

interface PendingTrace {
  readonly spans: ReadableSpan[];
  readonly firstAt: number;
  lastAt: number;
  /** A span without a parent has ended: nothing above it can come. */
  hasRoot: boolean;
  /** A span with a parent outside its process has ended: it may be the top, if that process is not traced. */
  hasEntry: boolean;
}

const TICK_MS = 50;
/** After the last span of a trace with its root. Records of one process are drained every 10–100 ms. */
const QUIET_MS = 250;
/** After the last span of a trace whose root may still come from another process. */
const QUIET_WITHOUT_ROOT_MS = 1_000;
/** A trace that never gets its root is printed as it is. */
const MAX_AGE_MS = 30_000;
const MAX_PENDING_TRACES = 1_000;
const MAX_SPANS_PER_TRACE = 10_000;
const REMEMBERED_TRACES = 20_000;
const SAY_LEFT_OUT_EVERY_MS = 1_000;
const TRACES_PER_SECOND = 10;

/** A `SpanExporter` for people. A trace that is left out is said in the next line that counts them. */
export class TreeExporter implements SpanExporter {
  readonly #write: (text: string) => void;
  readonly #style: Style;
  readonly #tracesPerSecond: number;
  readonly #pending = new Map<string, PendingTrace>();
  readonly #printedIds = new RecentIds(REMEMBERED_TRACES);
  readonly #leftOutIds = new RecentIds(REMEMBERED_TRACES);
  readonly #timer: NodeJS.Timeout;
  #allowance: number;
  #allowanceAt = performance.now();
  #leftOut = 0;
  #leftOutSaidAt = performance.now();

  constructor({ write, style, tracesPerSecond = TRACES_PER_SECOND }: TreeExporterOptions) {
    this.#write = write;
    this.#style = style;
    this.#tracesPerSecond = tracesPerSecond;
    this.#allowance = 2 * tracesPerSecond;
    this.#timer = setInterval(() => this.#printFinished(), TICK_MS).unref();
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    const now = performance.now();
    for (const span of spans) this.#add(span, now);
    done({ code: 0 });
  }

  /** Prints what there is, finished or not. */
  async forceFlush(): Promise<void> {
    for (const [traceId, trace] of this.#pending) this.#print(traceId, trace);
    this.#sayLeftOut();
  }

  async shutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.forceFlush();
  }

  #add(span: ReadableSpan, now: number): void {
    const { traceId } = span.spanContext();
    if (this.#leftOutIds.has(traceId)) return;
    let trace = this.#pending.get(traceId);
    if (!trace) {
      if (this.#pending.size >= MAX_PENDING_TRACES) {
        this.#leaveOut(traceId);
        return;
      }
      trace = { spans: [], firstAt: now, lastAt: now, hasRoot: false, hasEntry: false };
      this.#pending.set(traceId, trace);
    }
    if (trace.spans.length < MAX_SPANS_PER_TRACE) trace.spans.push(span);
    trace.lastAt = now;
    trace.hasRoot ||= span.parentSpanContext === undefined;
    trace.hasEntry ||=
      span.parentSpanContext?.isRemote === true || span.attributes[GOIDSPAN_SDK] !== undefined;
  }

  #printFinished(): void {
    const now = performance.now();
    for (const [traceId, trace] of this.#pending) {
      if (isFinished(trace, now, this.#printedIds.has(traceId))) this.#print(traceId, trace);
    }
    if (now - this.#leftOutSaidAt >= SAY_LEFT_OUT_EVERY_MS) this.#sayLeftOut();
  }

  #print(traceId: string, { spans }: PendingTrace): void {
    this.#pending.delete(traceId);
    const now = performance.now();
    this.#allowance = Math.min(
      2 * this.#tracesPerSecond,
      this.#allowance + ((now - this.#allowanceAt) / 1_000) * this.#tracesPerSecond,
    );
    this.#allowanceAt = now;
    if (this.#allowance < 1) {
      this.#leaveOut(traceId);
      return;
    }
    this.#allowance--;
    const lines = formatTrace(spans, this.#style);
    if (this.#printedIds.has(traceId)) {
      lines.unshift(this.#style.paint('dim', `late, of trace ${traceId.slice(0, 8)} above:`));
    }
    this.#printedIds.add(traceId);
    this.#write(`${lines.join('\n')}\n`);
  }

  #leaveOut(traceId: string): void {
    this.#leftOutIds.add(traceId);
    this.#leftOut++;
  }

  #sayLeftOut(): void {
    if (this.#leftOut === 0) return;
    this.#write(`${this.#style.paint('dim', `… ${this.#leftOut} more traces not shown`)}\n`);
    this.#leftOut = 0;
    this.#leftOutSaidAt = performance.now();
  }
}

function isFinished(trace: PendingTrace, now: number, wasPrinted: boolean): boolean {
  const quietMs = now - trace.lastAt;
  if (now - trace.firstAt >= MAX_AGE_MS) return true;
  if (trace.hasRoot || wasPrinted) return quietMs >= QUIET_MS;
  return trace.hasEntry && quietMs >= QUIET_WITHOUT_ROOT_MS;
}
