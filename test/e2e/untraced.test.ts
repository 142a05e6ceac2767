import { expect, it } from 'vitest';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { goidspan } from '../support/command.ts';
import { buildGo } from '../support/go-build.ts';
import { GoServer } from '../support/go-server.ts';

const QUIET =
  /pid (\d+) \(\S+\) has sockets and has read \d+ bytes in \d+ s, but nothing that is traced has run in it: no spans/;

describeWith([kernel, go], 'a program that does nothing that is traced', () => {
  it('is told apart from an idle one: by fasthttp, which is named', { timeout: 60_000 }, async () => {
    const dir = 'test/fixtures/acceptance/fasthttp';
    const server = await GoServer.start(await buildGo({ dir, name: 'acceptance-fasthttp' }));
    const command = goidspan(['attach', '--pid', String(server.pid)]);
    await command.output(
      /^goidspan: attached to .*\n.* it serves by github\.com\/valyala\/fasthttp too, which is not traced$/m,
    );
    for (let i = 0; i < 20; i++) expect((await server.get('/')).body).toBe('ok\n');
    await command.output(QUIET, 30_000);
    await command.stop('SIGINT');
    expect(command.stderr).toContain('(it serves by github.com/valyala/fasthttp, which is not traced)');
    expect(command.stderr.match(new RegExp(QUIET, 'g'))).toHaveLength(1);
    await server.stop();
  });

  it('is named at the end of a short session too, and one that is idle or is traced is not', async () => {
    const traced = await GoServer.start(
      await buildGo({ dir: 'test/fixtures/acceptance/hello', name: 'acceptance-hello' }),
    );
    const idle = await GoServer.start(
      await buildGo({ dir: 'test/fixtures/acceptance/fasthttp', name: 'acceptance-fasthttp' }),
    );
    const busy = await GoServer.start(
      await buildGo({ dir: 'test/fixtures/acceptance/fasthttp', name: 'acceptance-fasthttp' }),
    );
    const pids = [traced, idle, busy].flatMap(({ pid }) => ['--pid', String(pid)]);
    const command = goidspan(['attach', ...pids]);
    await command.output(/(^goidspan: attached to [\s\S]*){3}/m);
    for (let i = 0; i < 20; i++) await Promise.all([traced.get('/'), busy.get('/')]);
    await command.stop('SIGINT');
    expect(QUIET.exec(command.stderr)?.[1]).toBe(String(busy.pid));
    expect(command.stderr.match(new RegExp(QUIET, 'g'))).toHaveLength(1);
    await Promise.all([traced, idle, busy].map((server) => server.stop()));
  });
});
