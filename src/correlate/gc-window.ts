/** What happened to a whole program while a span was open: its world was stopped, its garbage collector worked. */
import type { Ktime } from '../wire/batch.ts';

/** What is said of it. */
export type GcWindow =
  /** No goroutine ran. */
  | {
      readonly window: 'gc.stw';
      /** Why, in the runtime's words, if they are known. */
      readonly reason?: string | undefined;
      /** The goroutine that had stopped the world; 0: none, or not known. */
      readonly stopperGoid: number;
    }
  /** The collector marked, beside what ran; with the stops at which it begins and ends. */
  | { readonly window: 'gc.cycle' };

/** … and when. */
export interface TimedWindow {
  readonly start: Ktime;
  readonly end: Ktime;
  readonly body: GcWindow;
}
