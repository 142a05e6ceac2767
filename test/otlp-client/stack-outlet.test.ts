import { MessageChannel } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { answerRequests, PortTransport } from '../../src/otlp-client/port-transport.ts';
import { StackOutlet } from '../../src/otlp-client/stack-outlet.ts';
import type { Outcome } from '../../src/otlp-client/transport.ts';
import { readStackBatch, type StackBatch } from '../../src/span/stack-batch.ts';

const TAKEN: Outcome = { ok: true, rejectedItems: 0, message: '' };
/** One sample, with a name of so many letters. */
const stacksOf = (letters: number, spanId = 1) => ({
  traceId: '1'.padStart(32, '0'),
  spanId: spanId.toString(16).padStart(16, '0'),
  left: 0,
  seen: [
    {
      ...{ goid: 1, use: 'cpu', isSample: true, count: 1, ns: 10, isCut: false },
      frames: [{ function: 'f'.repeat(letters), file: '', line: 0, isInlined: false }],
    },
  ],
});

/** An outlet over a real port, and what has come out at its other end. */
function outletTo(answer: () => Promise<Outcome>) {
  const { port1, port2 } = new MessageChannel();
  const batches: StackBatch[] = [];
  answerRequests(port1, {
    request: async () => TAKEN,
    stacks: (bytes) => {
      batches.push(readStackBatch(bytes) as StackBatch);
      return answer();
    },
  });
  const transport = new PortTransport({ port: port2 });
  return { outlet: new StackOutlet(transport, 10), batches, close: () => transport.close() };
}

describe('stacks on their way to a store', () => {
  it('leave together, soon, and at once when there are many', async () => {
    const { outlet, batches, close } = outletTo(async () => TAKEN);
    outlet.onStacks(stacksOf(1, 1));
    outlet.onStacks(stacksOf(1, 2));
    await expect.poll(() => batches.map(({ spans }) => spans.length)).toEqual([2]);
    outlet.onStacks(stacksOf(300_000, 3));
    await outlet.flush(1_000);
    expect(batches).toHaveLength(2);
    close();
  });

  it('are bounded while nobody answers, and what is lost is told with the next', async () => {
    let release: (outcome: Outcome) => void = () => {};
    const answered = new Promise<Outcome>((resolve) => {
      release = resolve;
    });
    const { outlet, batches, close } = outletTo(() => answered);
    // Eight megabytes may be on their way.
    for (let span = 0; span < 30; span++) outlet.onStacks(stacksOf(300_000, span));
    await outlet.flush(50);
    // … and a small one, which says what was lost.
    expect(batches).toHaveLength(27 + 1);
    release({ ok: false, failure: { reason: 'store_full', isRetryable: true, message: '' } as never });
    await outlet.flush(1_000);
    outlet.onStacks(stacksOf(1));
    await outlet.flush(1_000);
    expect(batches.at(-1)?.lost).toEqual({ queue_full: 3, store_full: 27 });
    close();
  });
});
