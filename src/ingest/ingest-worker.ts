/**
 * The draining thread, so that a blocked main thread loses nothing. It hands batches over as they are, or, when the stage
 * may run here, makes the spans and sends them itself, so that the main thread does not feel them.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { DrainLoop } from '../kernel/drain-loop.ts';
import type { FromIngest, IngestData, ToIngest } from './ingest-protocol.ts';

const { handle, batchBytes, queuedBytesMax, busyMs, idlePriority, stage: plan } = workerData as IngestData;
const port = parentPort as NonNullable<typeof parentPort>;
const post = (message: FromIngest): void => port.postMessage(message);

/**
 * Batches that the main thread has and did not say to have taken: so few that it sees to its other work between them, which it
 * would not while messages come.
 */
const HANDED_OVER_MAX = 4;
let handedOver = 0;
/** What the main thread is told next, in that order. */
const outbox: FromIngest[] = [];
let queuedBytes = 0;

function handOver(message: FromIngest): void {
  outbox.push(message);
  postNext();
}

function postNext(): void {
  while (outbox[0] !== undefined) {
    const isBatch = outbox[0].kind === 'batch';
    if (isBatch && handedOver === HANDED_OVER_MAX) return;
    if (isBatch) handedOver++;
    const message = outbox.shift() as FromIngest;
    port.postMessage(message, message.kind === 'batch' ? [message.buffer] : []);
  }
}

// Loaded only where it is used: it brings the sinks with it.
const stage = plan && new (await import('./thread-stage.ts')).ThreadStage(plan, post);

/** Stops early while the main thread is too far behind: the ring then fills and counts. */
const loop = new DrainLoop(handle, {
  batchBytes,
  busyMs,
  mayGoOn: () => queuedBytes < queuedBytesMax,
  onFailure: (errno) => post({ kind: 'failed', errno }),
  onBatch: (buffer, bytes) => {
    if (stage) {
      stage.takeBatch(buffer, bytes);
      return;
    }
    queuedBytes += bytes;
    handOver({ kind: 'batch', buffer: buffer.slice(0, bytes) });
  },
});

port.on('message', (message: ToIngest) => {
  switch (message.kind) {
    case 'taken':
      queuedBytes -= message.bytes;
      handedOver--;
      postNext();
      return;
    case 'hurry':
      loop.hurry(message.on);
      return;
    case 'drain':
      void loop.drain().then(() => {
        if (message.last) {
          loop.stop();
          stage?.finish();
        }
        stage?.report();
        handOver({ kind: 'done', id: message.id });
      });
      return;
    case 'frame':
      stage?.take(message.frame);
      return;
    case 'count_calls':
      stage?.countCalls(message.on);
      return;
    case 'flush':
    case 'shutdown':
      void stage?.[message.kind](message.sink, message.deadlineMs).then(() =>
        post({ kind: 'done', id: message.id }),
      );
  }
});

if (idlePriority) loop.drainWhenIdle();
loop.start();
