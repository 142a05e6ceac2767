/** Stacks as an agent hands them to the store of a page: by its port. */
import { PortTransport } from '../../../src/otlp-client/port-transport.ts';
import type { Backend } from '../../../src/page-server/backend.ts';
import type { SeenStack, SpanStacks } from '../../../src/span/span-stacks.ts';
import { StackBatchBuilder } from '../../../src/span/stack-batch.ts';

/** Outermost first, e.g. `net/http.(*conn).serve main.handle`. */
const framesOf = (path: string) =>
  path
    .split(' ')
    .reverse()
    .map((name, at) => ({
      function: name,
      file: `/src/${name.split('.')[0]}.go`,
      line: at + 1,
      isInlined: false,
    }));

export const sampled = (goid: number, path: string, count: number): SeenStack => ({
  ...{
    goid,
    use: 'cpu',
    isSample: true,
    count,
    ns: count * 10_000_000,
    frames: framesOf(path),
    isCut: false,
  },
});

export const waited = (goid: number, use: string, path: string, ns: number): SeenStack => ({
  ...{ goid, use, isSample: false, count: 1, ns, frames: framesOf(path), isCut: false },
});

export async function keepStacks(backend: Backend, spans: readonly SpanStacks[]): Promise<void> {
  const port = new PortTransport({ port: backend.openPort() });
  const batch = new StackBatchBuilder();
  for (const span of spans) batch.add(span);
  const outcome = await port.sendStacks(batch.take(), 60_000);
  port.close();
  if (!outcome.ok) throw new Error(outcome.failure.reason);
}

/** So many stacks of different lengths that there are about as many frames. */
export function manyStacks(frames: number, goid = 6): SeenStack[] {
  const seen: SeenStack[] = [];
  for (let made = 1; made < frames; ) {
    const at = seen.length;
    // Each has some of the last one's frames and ends in some of its own.
    const own = 5 + (at % 7);
    const path = ['main.main', `main.part${at % 40}`, `main.step${at % 1_600}`];
    for (let depth = 0; depth < own; depth++) path.push(`pkg${at % 23}.call${at}_${depth}`);
    made += own + (at < 1_600 ? 1 : 0);
    seen.push(
      at % 3 === 0
        ? waited(goid, ['mutex', 'network', 'select'][(at % 9) / 3] as string, path.join(' '), 20_000 + at)
        : sampled(goid, path.join(' '), 1),
    );
  }
  return seen;
}

/** As of a request of a service: three samples and two waits, 20 frames deep, in some of a thousand functions. */
export function usualStacks(number: number): SeenStack[] {
  const stem =
    'runtime.goexit net/http.(*conn).serve net/http.serverHandler.ServeHTTP net/http.(*ServeMux).ServeHTTP';
  const pathOf = (seed: number): string => {
    const calls = Array.from(
      { length: 16 },
      (_, depth) => `example.com/shop/pkg${(seed + depth) % 50}.(*Service).Step${(seed * 7 + depth) % 1_000}`,
    );
    return [stem, ...calls].join(' ');
  };
  return [
    ...[0, 1, 2].map((at) => sampled(number, pathOf((number * 31 + at) % 300), 1)),
    waited(number, 'network', pathOf((number * 17) % 90), 2_000_000 + number * 13),
    waited(number, 'mutex', pathOf((number * 13) % 90), 1_000_000 + number * 17),
  ];
}
