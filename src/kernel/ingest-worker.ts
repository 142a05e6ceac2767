/**
 * The thread that empties the ring buffer, so that a blocked main thread loses nothing. It drains on a timer (10 ms
 * while records flow, up to 100 ms when idle), copies each batch out and hands it over; it interprets nothing.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { FromIngest, IngestData, ToIngest } from './ingest-protocol.ts';
import { loadNative } from './native.ts';

const BUSY_MS = 10;
/** Seldom enough that an idle agent stays below 0.5 % of a core; the ring takes 100,000 spans/s for longer. */
const IDLE_MS = 100;

const { handle, batchBytes, queuedBytesMax } = workerData as IngestData;
const native = loadNative();
const port = parentPort as NonNullable<typeof parentPort>;
const batch = new Uint8Array(batchBytes);
let queuedBytes = 0;
let delay = BUSY_MS;
let timer: NodeJS.Timeout;

const post = (message: FromIngest, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);

/** Hands over what is in the ring; stops early while the main thread is too far behind: the ring then fills and counts. */
function drain(): number {
  let total = 0;
  while (queuedBytes < queuedBytesMax) {
    const bytes = native.drain(handle, batch);
    if (bytes < 0) {
      post({ kind: 'failed', errno: -bytes });
      break;
    }
    if (bytes === 0) break;
    const buffer = batch.buffer.slice(0, bytes) as ArrayBuffer;
    queuedBytes += bytes;
    total += bytes;
    post({ kind: 'batch', buffer }, [buffer]);
  }
  return total;
}

function tick(): void {
  delay = drain() > 0 ? BUSY_MS : Math.min(delay * 1.5, IDLE_MS);
  timer = setTimeout(tick, delay);
}

port.on('message', (message: ToIngest) => {
  if (message.kind === 'taken') {
    queuedBytes -= message.bytes;
    return;
  }
  drain();
  post({ kind: 'drained', id: message.id });
  if (message.last) {
    clearTimeout(timer);
    port.close();
  }
});

tick();
