/**
 * How a wait is told that is a span of its own, and what happened to the whole program meanwhile. The names are ours: no
 * convention has any.
 */
import type { CodeFrame } from '../correlate/code-place.ts';
import type { SpanFactOf } from '../correlate/fact.ts';
import type { GcWindow } from '../correlate/gc-window.ts';
import type { RecurringWait } from '../correlate/wait-body.ts';
import * as names from './attribute-names.ts';
import type { AttributeSink } from './attribute-sink.ts';
import { stackText, tellingFrame } from './code-text.ts';
import type { Convention } from './convention.ts';

type WaitFact = SpanFactOf<'wait'>;
interface RecurringFact {
  readonly body: RecurringWait | GcWindow;
}

export const waitConvention = {
  describe: ({ body }: RecurringFact) => ({
    name: 'window' in body ? body.window : `wait ${body.use}`,
    fitsAlike: true,
  }),
  fits: () => true,
  errorType: () => undefined,
  metrics: [],
  metricOf: () => undefined,

  addRecurring(sink: AttributeSink, { body }: RecurringFact): void {
    if ('use' in body) sink.text(names.GOIDSPAN_WAIT_FOR, body.use);
  },

  addVarying(sink: AttributeSink, { body }: WaitFact): void {
    if ('window' in body) {
      addStop(sink, body);
      return;
    }
    if (body.wakerGoid !== 0) sink.int(names.GOIDSPAN_WAIT_WAKER_GOID, body.wakerGoid);
    if (body.wakerIsHolder) sink.int(names.GOIDSPAN_WAIT_HOLDER_GOID, body.wakerGoid);
    if (body.readyNs !== 0) sink.int(names.GOIDSPAN_WAIT_RUNNABLE_NS, body.readyNs);
    if (body.peer) {
      sink.text(names.NETWORK_PEER_ADDRESS, body.peer.address);
      sink.int(names.NETWORK_PEER_PORT, body.peer.port);
      sink.int(names.GOIDSPAN_WAIT_FD, body.peer.fd);
    }
    if (body.code) addCode(sink, body.code);
  },
} satisfies Convention<WaitFact, RecurringFact>;

function addCode(sink: AttributeSink, code: readonly CodeFrame[]): void {
  const frame = tellingFrame(code);
  if (frame === undefined) return;
  sink.text(names.CODE_FUNCTION_NAME, frame.function);
  if (frame.file !== '') sink.text(names.CODE_FILE_PATH, frame.file);
  if (frame.line !== 0) sink.int(names.CODE_LINE_NUMBER, frame.line);
  sink.text(names.CODE_STACKTRACE, stackText(code));
}

function addStop(sink: AttributeSink, body: GcWindow): void {
  if (body.window !== 'gc.stw') return;
  if (body.reason !== undefined) sink.text(names.GOIDSPAN_STOP_REASON, body.reason);
  if (body.stopperGoid !== 0) sink.int(names.GOIDSPAN_STOP_GOID, body.stopperGoid);
}
