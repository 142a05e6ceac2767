/** Kinds of binaries whose metadata says little or nothing, traced live. */

import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { SpanKind } from '@opentelemetry/api';
import { expect, it } from 'vitest';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { Tracer } from '../../src/tracer/tracer.ts';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { Child, eventually } from '../support/child.ts';
import { temporaryFolder } from '../support/command.ts';
import { buildGo } from '../support/go-build.ts';
import { spanTree } from '../support/span-tree.ts';
import { TracedServer } from '../support/traced-server.ts';

/** A copy of the acceptance server with its `.go.buildinfo` changed. */
async function patched(change: (content: Buffer, at: number) => void): Promise<string> {
  const content = readFileSync(
    await buildGo({ dir: 'test/fixtures/acceptance/server', name: 'acceptance-server' }),
  );
  const magic = Buffer.from('\xff Go buildinf:', 'latin1');
  change(content, content.indexOf(magic));
  const path = join(await temporaryFolder(), 'server');
  writeFileSync(path, content);
  chmodSync(path, 0o755);
  return path;
}

describeWith([kernel, go], 'a program', () => {
  it.each<[string, string | undefined, (content: Buffer, at: number) => void]>([
    ['is wiped', undefined, (content, at) => content.fill(0, at, at + 64)],
    [
      'names a Go to come',
      'go1.99',
      (content, at) => content.write('go1.99'.padEnd(content[at + 32] ?? 0, '.'), at + 33),
    ],
  ])('whose version string %s is traced', async (_, version, change) => {
    const traced = await TracedServer.start(await patched(change));
    await traced.server.get('/nested?depth=3&id=a');
    await traced.request('a', 1);
    const stats = await traced.stop();
    expect(stats.targets[0]?.goVersion?.slice(0, 6)).toBe(version);
    expect(stats.lost.total).toBe(0);
    expect(spanTree(traced.spans)).toEqual([
      'server HTTP/1.1 /nested 200',
      '  client HTTP/1.1 /leaf 200',
      '    server HTTP/1.1 /leaf 200',
    ]);
  });
});

const esbuildPackage = dirname(createRequire(import.meta.url).resolve('esbuild/package.json'));
const esbuild = join(esbuildPackage, '../@esbuild/linux-x64/bin/esbuild');
const hasEsbuild = () => (existsSync(esbuild) ? undefined : 'npm has brought no esbuild for this platform');

describeWith([kernel, hasEsbuild], 'the server of esbuild, as npm ships it', () => {
  it('gives a span for each request, though it names neither Go version nor module', async () => {
    const folder = await temporaryFolder();
    writeFileSync(join(folder, 'index.html'), '<title>served</title>');
    const args = ['--serve=127.0.0.1:0', `--servedir=${folder}`, '--log-level=info'];
    const child = new Child(esbuild, args, { cwd: folder, input: true });
    const [, url] = await child.output(/(http:\/\/127\.0\.0\.1:\d+)/);
    const spans: ReadableSpan[] = [];
    const processor = {
      onEnd: (span: ReadableSpan) => void spans.push(span),
      forceFlush: async () => {},
      shutdown: async () => {},
    };
    const tracer = await Tracer.open({ processors: [processor] });
    const target = await tracer.attachPid(child.pid);
    const total = 100;
    for (let i = 0; i < total; i++) {
      const response = await fetch(`${url}/${i % 2 === 0 ? 'index.html' : 'none'}?n=${i}`);
      await response.arrayBuffer();
    }
    await eventually(`${total} spans`, 10_000, async () => {
      await tracer.stats();
      return spans.length >= total || undefined;
    });
    const stats = await tracer.close();
    child.process.stdin?.end();
    await child.stop();
    expect(target.goVersion).toBeUndefined();
    expect(stats.lost.total).toBe(0);
    expect(spans.map((span) => [span.kind, span.attributes['url.query']])).toEqual(
      Array.from({ length: total }, (_, i) => [SpanKind.SERVER, `n=${i}`]),
    );
    const statuses = spans.slice(0, 2).map((span) => span.attributes['http.response.status_code']);
    expect(statuses).toEqual([200, 404]);
  });
});
