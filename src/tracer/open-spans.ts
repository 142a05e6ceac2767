/**
 * Spans that are still open in the kernel's map when their end will not come any more: the process has gone, the
 * goroutine has died, tracing stops.
 */

import type { Target } from '../attach/target.ts';
import type { Unfinished } from '../correlate/unfinished.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { nowKtime } from '../kernel/ktime.ts';
import type { SpanFrame } from '../recording/format.ts';
import type { Losses } from '../stage/counters.ts';
import { type Batch, type Ktime, ktimeNs } from '../wire/batch.ts';
import { decodeBatch, isSampled } from '../wire/decode.ts';
import { type EvSpanEnd, spanDepth } from '../wire/wire.gen.ts';
import { isGoroutineAlive } from './goroutine-life.ts';

/** A span that has been open for so long is checked for a goroutine that died. */
const SUSPECT_AGE_NS = 10_000_000_000n;

export class OpenSpans {
  readonly #kernel: Kernel;
  readonly #losses: Losses;
  readonly #emit: (span: SpanFrame) => void;

  /** `emit` takes a span that ends from outside, whose record says neither when nor how. */
  constructor(kernel: Kernel, losses: Losses, emit: (span: SpanFrame) => void) {
    this.#kernel = kernel;
    this.#losses = losses;
    this.#emit = emit;
  }

  /** The process has ended or runs another program: its spans end with it, and its context is removed. */
  async endWithProcess(targetId: number, end: Ktime): Promise<void> {
    this.#visit(await this.#kernel.copyOpen(targetId), (record, bytes) =>
      this.#emit({ kind: 'span', ...(over(record) ?? { end, ending: 'process_exited' }), bytes: bytes() }),
    );
    await this.#kernel.forgetTarget(targetId);
  }

  /** Ends the spans of goroutines that have died, as far as the targets still live. */
  async endWithGoroutines(targets: readonly Target[]): Promise<void> {
    const suspects = await this.#kernel.copyOpen(0, process.hrtime.bigint() - SUSPECT_AGE_NS);
    this.#visit(suspects, (record, bytes) => {
      const { targetId } = record.header;
      const target = targets.find((live) => live.info.targetId === targetId && live.endedAt === undefined);
      const { statusOffset, goidOffset } = target?.program ?? {};
      if (target === undefined || statusOffset === undefined || goidOffset === undefined) return;
      const { gAddr, goid, depth } = record;
      // It is on none, and ends when its object does.
      if (depth === spanDepth.SPAN_DEPTH_LASTING) return;
      if (isGoroutineAlive(target.info.pid, { gAddr, goid, goidOffset, statusOffset })) return;
      if (this.#kernel.removeOpen(targetId, goid, depth)) {
        const unfinished = over(record) ?? { end: nowKtime(), ending: 'goroutine_exited' };
        this.#emit({ kind: 'span', ...unfinished, bytes: bytes() });
      }
    });
  }

  /** Counts the spans that tracing leaves behind; those that are over are told. */
  async countAsLost(targetId: number): Promise<void> {
    const open = await this.#kernel.copyOpen(targetId).catch(() => undefined);
    if (!open) {
      this.#losses.lose('open_unreadable');
      return;
    }
    this.#visit(open, (record, bytes) => {
      const unfinished = over(record);
      if (unfinished) this.#emit({ kind: 'span', ...unfinished, bytes: bytes() });
      else if (isSampled(record)) this.#losses.lose('open_at_detach');
    });
  }

  #visit(batch: Batch, visit: (record: EvSpanEnd, bytes: () => ArrayBuffer) => void): void {
    decodeBatch(batch, {
      spanEnd: (record, at) => {
        const end = at + ((record.header.size + 7) & ~7);
        visit(record, () => batch.u8.buffer.slice(at, end) as ArrayBuffer);
      },
      bad: (reason) => this.#losses.lose(reason),
    });
  }
}

/** The end of a call that was over already, unless more had come of it (`is_dormant` of wire.h). */
function over({ endKtimeNs }: EvSpanEnd): Unfinished | undefined {
  return ktimeNs(endKtimeNs) === 0n ? undefined : { end: endKtimeNs, ending: 'returned' };
}
