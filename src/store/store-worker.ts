/** A thread of the store: the one that writes, the one that reads, or one that seals a segment and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { Reader } from './reader.ts';
import { sealSegment } from './seal-segment.ts';
import { sentError } from './sent-error.ts';
import type {
  FromReader,
  FromSealer,
  FromWriter,
  StoreThread,
  ToReader,
  ToWriter,
} from './store-protocol.ts';
import { WriteThread } from './write-thread.ts';

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
    let isDone = true;
    try {
      sealSegment(thread.file, () => post({ kind: 'opened' }));
    } catch {
      // The disk is full, or the file was removed meanwhile: its writer sees to it.
      isDone = false;
    }
    post({ kind: 'done', isDone });
  }
}
