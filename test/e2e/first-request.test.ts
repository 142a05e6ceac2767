import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { KernelOptions } from '../../src/kernel/kernel-options.ts';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { Tracer } from '../../src/tracer/tracer.ts';
import { describeLive } from '../support/capabilities.ts';
import { Child, eventually } from '../support/child.ts';
import { goidspan, readSummary, temporaryFolder } from '../support/command.ts';
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

/** How a shell may come to run a program, and whether it takes the place of the shell. */
const SHELLS: readonly [string, (binary: string) => string[], boolean][] = [
  ['in its own place', (binary) => ['sh', '-c', `exec ${binary}`], true],
  ['in its own place by a wrapper', (binary) => ['sh', '-c', `exec env A=1 ${binary}`], true],
  [
    'in its own place under another name',
    (binary) => ['sh', '-c', `export OTEL_SERVICE_NAME=own; exec ${binary}`],
    false,
  ],
  ['as its child', (binary) => ['sh', '-c', `${binary} & trap 'kill $!' TERM; wait; wait`], false],
];

describeLive('a program that a shell executes', () => {
  it.each(SHELLS)(
    '%s is traced from its first request on, or that is counted and said',
    async (_, words, isSure) => {
      const binary = await buildGo({ dir: 'test/fixtures/acceptance/hello', name: 'acceptance-hello' });
      const folder = await temporaryFolder();
      const summaryFile = join(folder, 'summary.json');
      const files = ['--summary', summaryFile, '--out', join(folder, 'out.jsonl')];
      const command = goidspan(['run', ...files, '--', ...words(binary)]);
      const server = await GoServer.of(command);
      await server.get('/');
      await command.output(/^goidspan: attached to /m);
      for (let i = 0; i < 20; i++) await server.get('/');
      await command.stop();
      const { spans, notes, targets } = readSummary(summaryFile);
      expect(targets).toHaveLength(1);
      expect(targets[0]?.serviceName).toBe(
        words(binary).join().includes('=own') ? 'own' : `unknown_service:${basename(binary)}`,
      );
      const isLate = (notes['attached_late'] ?? 0) > 0;
      expect(command.stderr.includes('had opened sockets when it was attached')).toBe(isLate);
      if (isSure) expect(isLate).toBe(false);
      if (!isLate) expect(spans.exported).toBe(21);
    },
  );

  it('and that is not named anywhere is traced all the same', async () => {
    const binary = await buildGo({ dir: 'test/fixtures/acceptance/hello', name: 'acceptance-hello' });
    const folder = await temporaryFolder();
    const script = join(folder, 'start');
    writeFileSync(script, `#!/bin/sh\nexec ${binary}\n`, { mode: 0o755 });
    const command = goidspan(['run', '--', script]);
    const server = await GoServer.of(command);
    await command.output(/^goidspan: attached to /m);
    await server.get('/');
    await command.stop();
    expect(command.stdout).toContain('GET /');
  });
});
