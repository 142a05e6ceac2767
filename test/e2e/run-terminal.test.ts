/** `goidspan run` on a terminal, as somebody meets it who has read nothing. */

import { stripVTControlCharacters } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { eventually } from '../support/child.ts';
import { goidspanMain } from '../support/command.ts';
import { buildGo } from '../support/go-build.ts';
import { Pty, terminals } from '../support/pty.ts';
import { waitsBuild } from '../support/waits-server.ts';

describeWith([kernel, go, terminals], 'goidspan run on a terminal', () => {
  it('says why a request was slow, with the code, though nothing was asked for', {
    timeout: 120_000,
    retry: 2,
  }, async () => {
    const binary = await buildGo(waitsBuild('local-plain'));
    const pty = new Pty([process.execPath, goidspanMain, 'run', '--', binary], { columns: 200 });
    onTestFinished(async () => void (await pty.child.stop()));
    const [, address] = await pty.child.output(/^listening (\S+)/m);
    const get = (path: string) => fetch(`http://${address?.trim()}${path}`).then((reply) => reply.text());
    const holder = get('/hold/mutex?ms=300');
    await get('/held');
    await Promise.all([get('/mutex'), holder]);
    await get('/stack/loop');
    const said = () => stripVTControlCharacters(pty.written).replaceAll('\r', '');
    await eventually('the verdicts', 20_000, () => /mostly in main\.burns/.test(said()) || undefined);
    expect(said()).toMatch(
      /mutex: \d+ of \d+ ms waiting in main\.\S+ \(main\.go:\d+\) for a lock held by goroutine \d+ \(.*main\.hold \(locks\.go:\d+\)\)/,
    );
    expect(said()).toMatch(/cpu: \d+ of \d+ ms on a processor, mostly in main\.burns \(stacks\.go:\d+\)/);
    pty.type('\u0003');
    expect(await pty.ended()).toMatchObject({ isRestored: true });
  });
});
