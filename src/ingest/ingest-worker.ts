/**
 * The draining thread, so that a blocked main thread loses nothing. It hands batches over as they are, or, when the stage
 * may run here, makes the spans and sends them itself, so that the main thread does not feel them.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { DrainLoop } from '../kernel/drain-loop.ts';
import type { FromIngest, IngestData, ToIngest } from './ingest-protocol.ts';

const { handle, batchBytes, queuedBytesMax, idlePriority, stage: plan } = workerData as IngestData;
const port = parentPort as NonNullable<typeof parentPort>;
const post = (message: FromIngest, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);
let queuedBytes = 0;

// Loaded only where it is used: it brings the sinks with it.
const stage = plan && new (await import('./thread-stage.ts')).ThreadStage(plan, post);

/** Stops early while the main thread is too far behind: the ring then fills and counts. */
const loop = new DrainLoop(handle, {
  batchBytes,
  mayGoOn: () => queuedBytes < queuedBytesMax,
  onFailure: (errno) => post({ kind: 'failed', errno }),
  onBatch: (buffer, bytes) => {
    if (stage) {
      stage.takeBatch(buffer, bytes);
      return;
    }
    const own = buffer.slice(0, bytes);
    queuedBytes += bytes;
    post({ kind: 'batch', buffer: own }, [own]);
  },
});

port.on('message', (message: ToIngest) => {
  switch (message.kind) {
    case 'taken':
      queuedBytes -= message.bytes;
      return;
    case 'hurry':
      loop.hurry(message.on);
      return;
    case 'drain':
      void loop.drain().then(() => {
        if (message.last) loop.stop();
        stage?.report();
        post({ kind: 'done', id: message.id });
      });
      return;
    case 'frame':
      stage?.take(message.frame);
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
