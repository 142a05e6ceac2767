/** What a span record says of a wait of its goroutine. */
import type { EvSpanEnd } from '../wire/wire.gen.ts';
import { addressText } from './address-text.ts';
import type { BodyReader } from './body-reader.ts';
import { type CodeFrame, type CodePlace, codePlace } from './code-place.ts';
import { type TimeUse, timeUseOf } from './time-spent.ts';

/** What waits for the same have in common. */
export interface RecurringWait {
  /** For what the goroutine waited. */
  readonly use: TimeUse;
}

/** A wait that lasted long enough to be told by itself. */
export interface Wait extends RecurringWait {
  /** The goroutine that has ended it; 0: none, or not known. */
  readonly wakerGoid: number;
  /** That one held the mutex when the wait began: nobody else had it meanwhile. */
  readonly wakerIsHolder: boolean;
  /** Nanoseconds at its end, from when it was woken until it ran. */
  readonly readyNs: number;
  /** Of a wait for the network: the other end of the connection, and its descriptor. */
  readonly peer?: { readonly address: string; readonly port: number; readonly fd: number } | undefined;
  /** Where it waited, and where the one was that has ended it; level `cpu`. */
  readonly place?: CodePlace | undefined;
  readonly wakerPlace?: CodePlace | undefined;
  /** What stands there, innermost first; absent where it is not known. */
  readonly code?: readonly CodeFrame[] | undefined;
}

/** Reads the body of a record of the family wait. */
export const waitReader: BodyReader<RecurringWait, Wait> = {
  varying: [
    ...['waker_goid', 'holder', 'ready_ns', 'peer_address', 'peer_port', 'fd'],
    ...['pc', 'link', 'stack_id', 'waker_stack_id'],
  ],

  readRecurring: ({ wait }: EvSpanEnd): RecurringWait => ({ use: timeUseOf(wait.use) }),

  readBody: ({ use }: RecurringWait, { wait, header: { targetId } }: EvSpanEnd): Wait => ({
    use,
    wakerGoid: wait.wakerGoid,
    wakerIsHolder: wait.holder === 1,
    readyNs: wait.readyNs,
    peer:
      wait.peerPort === 0
        ? undefined
        : { address: addressText(wait.peerAddress), port: wait.peerPort, fd: wait.fd },
    place: codePlace(targetId, wait),
    wakerPlace: codePlace(targetId, { pc: 0, link: 0, stackId: wait.wakerStackId }),
  }),
};
