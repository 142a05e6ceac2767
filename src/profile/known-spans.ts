/**
 * Spans that have ended, for what was seen of the code in them: of which request they were. Spans in which nothing was seen are
 * kept for a while only. Bounded.
 */
import type { SpanFact } from '../correlate/fact.ts';
import { spanAround } from '../correlate/span-around.ts';
import { hexOf } from '../span/span-context.ts';
import type { Grouping } from '../span/span-source.ts';
import { groupOf, isCall, nameOfCall } from '../verdict/calls.ts';

/** Where something was seen, as ids in hex. */
export interface SeenSpan {
  readonly traceId: string;
  readonly spanId: string;
}

export interface KnownSpan extends SeenSpan {
  readonly targetId: number;
  readonly goid: number;
  /** In the same process. */
  readonly parentId: string | undefined;
  /** As a person would call it. */
  readonly name: string;
  /** Of a request that was served, e.g. `GET /items/{id}`. */
  readonly route: string | undefined;
  /** Nanoseconds on the time line of the collector. */
  readonly fromNs: number;
  readonly toNs: number;
}

/** In which something was seen, or one within them. */
const WANTED_MAX = 1 << 18;
/** Others; the oldest goes first. */
const RECENT_MAX = 1 << 16;
/** A longer chain of parents is none. */
const DEPTH_MAX = 64;

export class KnownSpans {
  /** By span id; undefined: it has not ended yet. */
  readonly #wanted = new Map<string, KnownSpan | undefined>();
  readonly #recent = new Map<string, KnownSpan>();
  #open = 0;

  /** Of those in which something was seen, so many have not ended. */
  get open(): number {
    return this.#open;
  }

  /** Something was seen in that span. */
  want(spanId: string): void {
    for (let id: string | undefined = spanId; id !== undefined && !this.#wanted.has(id); ) {
      if (this.#wanted.size >= WANTED_MAX) return;
      const known = this.#recent.get(id);
      this.#recent.delete(id);
      this.#wanted.set(id, known);
      if (known === undefined) this.#open++;
      id = known?.parentId;
    }
  }

  add(fact: SpanFact, fromNs: number, toNs: number, groups?: Grouping): void {
    if (!isCall(fact)) return;
    const { targetId, goid } = fact;
    const around = spanAround(fact);
    const parentId = around && hexOf(around);
    const span: KnownSpan = {
      traceId: hexOf(fact.traceId),
      spanId: hexOf(fact.spanId),
      targetId,
      goid,
      parentId,
      name: nameOfCall(fact),
      route: groupOf(fact, groups),
      fromNs,
      toNs,
    };
    if (this.#wanted.has(span.spanId)) {
      if (this.#wanted.get(span.spanId) === undefined) this.#open--;
      this.#wanted.set(span.spanId, span);
      if (parentId !== undefined) this.want(parentId);
      return;
    }
    this.#recent.set(span.spanId, span);
    if (this.#recent.size > RECENT_MAX) this.#recent.delete(this.#recent.keys().next().value as string);
  }

  /** That span, and those around it, in the same process, as far as they have ended. */
  *around(spanId: string): Generator<KnownSpan> {
    let id: string | undefined = spanId;
    for (let depth = 0; id !== undefined && depth < DEPTH_MAX; depth++) {
      const span: KnownSpan | undefined = this.#wanted.get(id) ?? this.#recent.get(id);
      if (span === undefined) return;
      yield span;
      id = span.parentId;
    }
  }

  /** Of the request in which something was seen; undefined if it has not ended, or there was none. */
  routeOf(spanId: string): string | undefined {
    for (const { route } of this.around(spanId)) if (route !== undefined) return route;
    return undefined;
  }

  /** All that are kept. */
  *all(): Generator<KnownSpan> {
    for (const span of this.#wanted.values()) if (span !== undefined) yield span;
    yield* this.#recent.values();
  }
}
