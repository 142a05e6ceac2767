/** How a wait is told that is a span of its own. The names are ours: no convention has any. */
import type { SpanFactOf } from '../correlate/fact.ts';
import type { RecurringWait } from '../correlate/wait-body.ts';
import * as names from './attribute-names.ts';
import type { AttributeSink } from './attribute-sink.ts';
import type { Convention } from './convention.ts';

type WaitFact = SpanFactOf<'wait'>;
interface RecurringFact {
  readonly body: RecurringWait;
}

export const waitConvention = {
  describe: ({ body }: RecurringFact) => ({ name: `wait ${body.use}` }),
  fits: () => true,
  errorType: () => undefined,

  addRecurring(sink: AttributeSink, { body }: RecurringFact): void {
    sink.text(names.GOIDSPAN_WAIT_FOR, body.use);
  },

  addVarying(sink: AttributeSink, { body }: WaitFact): void {
    if (body.wakerGoid !== 0) sink.int(names.GOIDSPAN_WAIT_WAKER_GOID, body.wakerGoid);
    if (body.wakerIsHolder) sink.int(names.GOIDSPAN_WAIT_HOLDER_GOID, body.wakerGoid);
    if (body.readyNs !== 0) sink.int(names.GOIDSPAN_WAIT_RUNNABLE_NS, body.readyNs);
    if (body.peer) {
      sink.text(names.NETWORK_PEER_ADDRESS, body.peer.address);
      sink.int(names.NETWORK_PEER_PORT, body.peer.port);
      sink.int(names.GOIDSPAN_WAIT_FD, body.peer.fd);
    }
  },
} satisfies Convention<WaitFact, RecurringFact>;
