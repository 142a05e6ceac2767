import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { Tracer } from '../../src/tracer/tracer.ts';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { Child } from '../support/child.ts';
import { goidspan, temporaryFolder } from '../support/command.ts';
import { buildGo } from '../support/go-build.ts';
import { GoServer } from '../support/go-server.ts';

/** Runs `merged/server` of an overlay file system in a mount namespace of its own, and then changes it: it is copied up. */
const COPIED_UP = `
  cd "$0" && mount -t tmpfs none rw && mkdir rw/upper rw/work &&
  mount -t overlay overlay -o "lowerdir=$1,upperdir=rw/upper,workdir=rw/work" merged &&
  { { sleep 0.5; touch merged/server; echo touched; } & exec "$0/merged/server"; }`;

/** A server that runs the lower file while its path leads to the upper one. `layer` is how the lower folder is named. */
async function copiedUp(layer: (folder: string) => string): Promise<GoServer> {
  const folder = await temporaryFolder();
  for (const name of ['lower', 'rw', 'merged']) mkdirSync(join(folder, name));
  const built = await buildGo({ dir: 'test/fixtures/acceptance/hello', name: 'acceptance-hello' });
  copyFileSync(built, join(folder, 'lower', 'server'));
  const child = new Child('unshare', ['--mount', 'sh', '-c', COPIED_UP, folder, layer(folder)]);
  const server = await GoServer.of(child);
  await child.output(/^touched$/m);
  return server;
}

describeWith([kernel, go], 'a program whose file an overlay file system has copied up', () => {
  it('is traced by the file of its layer, which it goes on running', async () => {
    const server = await copiedUp((folder) => join(folder, 'lower'));
    const spans: ReadableSpan[] = [];
    const nothing = async (): Promise<void> => {};
    const processor = {
      onEnd: (span: ReadableSpan) => void spans.push(span),
      forceFlush: nothing,
      shutdown: nothing,
    };
    const tracer = await Tracer.open({ processors: [processor] });
    await tracer.attachPid(server.pid);
    for (let i = 0; i < 10; i++) await server.get('/');
    const stats = await tracer.close();
    expect(spans).toHaveLength(10);
    expect(stats.targets.map((target) => target.spans)).toEqual([10]);
    await server.stop();
  });

  it('is refused, with the reason, where the layer cannot be found', async () => {
    const server = await copiedUp(() => 'lower');
    const command = goidspan(['attach', '--pid', String(server.pid)]);
    expect(await command.ended).toBe(3);
    expect(command.stderr).toMatch(
      /cannot attach to pid \d+: it does not run the file that \S+\/merged\/server leads to, so no probe gets into it \(.*overlay file system has copied it: restart it\)/,
    );
    expect(command.stderr).not.toContain('attached to');
    await server.stop();
  });
});
