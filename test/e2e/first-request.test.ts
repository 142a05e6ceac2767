import { describe, expect, it } from 'vitest';
import type { KernelOptions } from '../../src/kernel/kernel.ts';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { Tracer } from '../../src/tracer/tracer.ts';
import { describeLive } from '../support/capabilities.ts';
import { Child, eventually } from '../support/child.ts';
import { buildGo } from '../support/go-build.ts';
import { GoServer } from '../support/go-server.ts';

/** Waits for a line, as `goidspan run` holds its command. */
const HELD = 'read -r _; exec "$0"';

describeLive('a program that is attached before it is executed', () => {
  describe.each([
    ['modern', {}],
    ['legacy', { forceLegacy: true, forcePerfLinks: true }],
  ])('by the %s form of the programs', (_, kernel) => isTracedAtOnce(kernel));
});

function isTracedAtOnce(kernel: KernelOptions): void {
  // Where the code of a process begins is known to the kernel before anybody can ask.
  it.each([
    ['a plain program', {}],
    ['a position-independent program', { flags: ['-buildmode=pie'] }],
    ['a program that links C', { cgo: true }],
    ['a position-independent program that links C', { cgo: true, flags: ['-buildmode=pie'] }],
  ])('is traced from its first request on: %s', async (_, build) => {
    const binary = await buildGo({
      dir: 'test/fixtures/acceptance/server',
      name: 'acceptance-first',
      ...build,
    });
    const spans: ReadableSpan[] = [];
    const nothing = async (): Promise<void> => {};
    const processor = {
      onEnd: (span: ReadableSpan) => void spans.push(span),
      forceFlush: nothing,
      shutdown: nothing,
    };
    const tracer = await Tracer.open({
      processors: [processor],
      kernel,
    });
    const held = new Child('/bin/sh', ['-c', HELD, binary], { input: true });
    await tracer.attachCommand(held.pid, binary);
    held.process.stdin?.write('\n');
    const server = await GoServer.of(held);
    await server.get('/get?id=first');
    await eventually('the three spans of the request', 10_000, async () => {
      await tracer.stats();
      return spans.length >= 3 ? true : undefined;
    });
    await server.stop();
    const stats = await tracer.close();
    expect(spans.map(({ name }) => name).sort()).toEqual(['GET', 'GET /get', 'GET /leaf']);
    expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(1);
    expect([stats.lost.total, stats.notes['no_target'] ?? 0]).toEqual([0, 0]);
  });
}
