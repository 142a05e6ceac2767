/** The calls of a transport that are under way: each comes to one outcome, in time, and leaves no timer or listener. */
import { classifyFailure, failureOf } from '../export/export-failure.ts';
import { type FailureKind, GIVEN_UP, TIMEOUT } from '../export/failure-kinds.ts';
import type { Outcome } from './transport.ts';

/** Begins a call; `finish` may be called often, the first outcome counts. Returns what ends the call before its time. */
type Start = (finish: (outcome: Outcome) => void) => (why: 'answered' | 'timeout' | 'given up') => void;

/** What is left of a peer's answer: an honest one has less than 1 kB. The limit of gRPC clients everywhere. */
export const MAX_ANSWER_BYTES = 4 * 2 ** 20;

export function failedAs(kind: FailureKind, text = ''): Outcome {
  return { ok: false, failure: failureOf(kind, text) };
}

export function failedBy(error: unknown): Outcome {
  return { ok: false, failure: classifyFailure(error) };
}

/** See the header of this file. */
export class OpenCalls {
  readonly #cancellations = new Set<() => void>();
  #isClosed = false;

  /** Never rejects: what `start` throws is an outcome. What it returned is called once, when there is an outcome. */
  run(timeoutMs: number, signal: AbortSignal, start: Start): Promise<Outcome> {
    if (this.#isClosed || signal.aborted) return Promise.resolve(failedAs(GIVEN_UP));
    return new Promise((resolve) => {
      let outcome: Outcome | undefined;
      let why: Parameters<ReturnType<Start>>[0] = 'answered';
      let end: ReturnType<Start> | undefined;
      const finish = (first: Outcome): void => {
        if (outcome) return;
        outcome = first;
        clearTimeout(timer);
        signal.removeEventListener('abort', giveUp);
        this.#cancellations.delete(giveUp);
        end?.(why);
        resolve(first);
      };
      const giveUp = (): void => {
        why = 'given up';
        finish(failedAs(GIVEN_UP));
      };
      const timer = setTimeout(() => {
        why = 'timeout';
        finish(failedAs(TIMEOUT));
      }, timeoutMs).unref();
      signal.addEventListener('abort', giveUp);
      this.#cancellations.add(giveUp);
      try {
        end = start(finish);
      } catch (error) {
        finish(failedBy(error));
      }
      if (outcome) end?.(why);
    });
  }

  /** Gives up what is under way and whatever comes later. */
  close(): void {
    this.#isClosed = true;
    for (const giveUp of this.#cancellations) giveUp();
  }
}
