/** Stacks into a store, as an exporter of its process sends them. */
import { MessageChannel } from 'node:worker_threads';
import { PortTransport } from '../../src/otlp-client/port-transport.ts';
import type { ThreadStore } from '../../src/store/open-store.ts';

const TIMEOUT_MS = 30_000;

/** Resolves when they are kept. */
export async function appendStacks(store: ThreadStore, batch: Uint8Array): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  store.answer(port1);
  const transport = new PortTransport({ port: port2 });
  const outcome = await transport.sendStacks(batch, TIMEOUT_MS);
  transport.close();
  if (!outcome.ok) throw new Error(outcome.failure.cause);
}
