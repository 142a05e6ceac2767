/** A thread of the store: the one that writes, the one that reads, or one that seals a segment and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { Reader } from './reader.ts';
import { sealSegment } from './seal-segment.ts';
import { sentError } from './sent-error.ts';
import { isRefusedWrite } from './sqlite.ts';
import type {
  FromReader,
  FromSealer,
  FromWriter,
  StoreThread,
  ToReader,
  ToWriter,
} from './store-protocol.ts';
import { WriteThread } from './write-thread.ts';
import type { SealOutcome } from './writer.ts';

/** How long the room of removed segments is held at most while nobody asks for anything. */
const RELEASE_MS = 5_000;

const thread = workerData as StoreThread;
const port = parentPort as NonNullable<typeof parentPort>;

/** What cannot be opened is said, and the thread ends. */
function opened<T>(open: () => T): T | undefined {
  try {
    return open();
  } catch (error) {
    port.postMessage({ kind: 'failed', error: sentError(error) } satisfies FromWriter);
    return undefined;
  }
}

switch (thread.role) {
  case 'write': {
    const writer = opened(() => new WriteThread(thread, (message) => port.postMessage(message)));
    if (writer === undefined) break;
    port.on('message', (message: ToWriter) => {
      writer.receive(message);
      if (message.kind === 'close') port.close();
    });
    port.postMessage({ kind: 'open' } satisfies FromWriter);
    break;
  }
  case 'read': {
    const reader = opened(() => new Reader(thread.folder, thread.limits));
    if (reader === undefined) break;
    const post = (message: FromReader): void => port.postMessage(message);
    setInterval(() => reader.release(), RELEASE_MS);
    port.on('message', ({ id, method, args }: ToReader) => {
      try {
        const answer: unknown = (reader[method] as (...args: readonly unknown[]) => unknown)(...args);
        post({ kind: 'answer', id, answer });
      } catch (error) {
        post({ kind: 'refused', ids: [id], error: sentError(error) });
      }
    });
    post({ kind: 'open' });
    break;
  }
  case 'seal': {
    const post = (message: FromSealer): void => port.postMessage(message);
    let outcome: SealOutcome = 'sealed';
    try {
      const { file, keepsSpans } = thread;
      sealSegment(file, { keepsSpans, onOpen: () => post({ kind: 'opened' }) });
    } catch (error) {
      outcome = isRefusedWrite(error) ? 'disk_full' : 'failed';
    }
    post({ kind: 'done', outcome });
  }
}
