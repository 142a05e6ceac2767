/** `goidspan top` over a real service: as text, and on a terminal. */
import { expect, it, onTestFinished } from 'vitest';
import { describeLive, describeWith, go, kernel } from '../support/capabilities.ts';
import { eventually } from '../support/child.ts';
import { goidspan, goidspanMain } from '../support/command.ts';
import { buildGo } from '../support/go-build.ts';
import { GoServer } from '../support/go-server.ts';
import { Pty, terminals } from '../support/pty.ts';

const acceptance = () => buildGo({ dir: 'test/fixtures/acceptance/server', name: 'acceptance-server' });
const ENTER = '\u001b[?1049h';
const LEAVE = '\u001b[?1049l';

async function startServer(): Promise<GoServer> {
  const server = await GoServer.start(await acceptance());
  onTestFinished(() => server.stop());
  return server;
}

/** Some requests, a few of them slow, one after the other until it is stopped. */
function ask(server: GoServer): { stop: () => Promise<void>; asked: () => number } {
  let isStopped = false;
  let asked = 0;
  const all = (async () => {
    for (; !isStopped; asked += 3) {
      await server.get('/sleep?ms=15');
      await server.get('/get?id=x');
      await server.get('/items/7');
    }
  })();
  return {
    asked: () => asked,
    stop: () => {
      isStopped = true;
      return all;
    },
  };
}

describeLive('goidspan top, where stdout is no terminal', () => {
  it('writes a table in each interval, of the requests of the window, and ends after its duration', async () => {
    const server = await startServer();
    const top = goidspan(
      ['top', '--pid', String(server.pid), '--window', '2', '--interval', '1', '--duration', '4'],
      // Every request counts, and nothing leaves.
      { OTEL_TRACES_SAMPLER: 'always_off', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' },
    );
    await top.output(/attached to/);
    const load = ask(server);
    expect(await top.ended).toBe(0);
    await load.stop();
    const heads = [...top.stdout.matchAll(/^(\S+Z) {2}last (\d+) s: ([\d,]+) requests of (\d+) routes$/gm)];
    expect(heads.length).toBeGreaterThanOrEqual(3);
    expect(heads.length).toBeLessThanOrEqual(5);
    const seconds = heads.map(([, , last]) => Number(last));
    expect(seconds[0]).toBe(1);
    expect(seconds.slice(1).every((last) => last === 2)).toBe(true);
    // Two seconds of four, /leaf among them.
    const shown = heads.map(([, , , requests]) => Number(requests?.replace(',', '')));
    expect(Math.max(...shown)).toBeLessThan((4 / 3) * load.asked());
    expect(shown.at(-1)).toBeGreaterThan(10);
    const [last = ''] = top.stdout.split(/^\S+Z {2}last/m).slice(-1);
    expect(last).toMatch(/^GET \/sleep {2}unknown_service:acceptance-server\S*, \d+ requests$/m);
    expect(last).toMatch(/^ {2}p50 \d\d ms, p95 \S+ ms, p99 \S+ ms \(.* with 95 % confidence\)$/m);
    expect(last).toMatch(/^ {2}cause +at p50 +at p95 +at p99 +p99 without it, at best$/m);
    expect(last).toMatch(/^ {2}sleep +\d\d ms .* \(-\d{2,3} %\)$/m);
    // That with most to gain comes first.
    expect(last.indexOf('GET /sleep')).toBeLessThan(last.indexOf('GET /items/{item}'));
    expect(top.stdout).not.toContain('\u001b');
    expect(top.stderr).not.toContain('summary');
    expect(top.stderr).not.toContain('127.0.0.1:1');
  }, 30_000);

  it('ends with its last process, with what it has seen until then', async () => {
    const server = await startServer();
    const top = goidspan(['top', '--pid', String(server.pid), '--level', 'waits']);
    await top.output(/attached to/);
    for (let n = 0; n < 5; n++) await server.get('/items/7');
    await server.stop();
    expect(await top.ended).toBe(0);
    expect(top.stdout).toContain('5 requests of 1 route\n');
  }, 30_000);

  it('says why nothing can be attached', async () => {
    const top = goidspan(['top', '--pid', String(process.pid)]);
    expect(await top.ended).toBe(3);
    expect(top.stderr).toContain('not a Go program');
    expect(top.stdout).toBe('');
  });
});

describeWith([kernel, go, terminals], 'goidspan top on a terminal', () => {
  const start = (server: GoServer, size?: { rows: number; columns: number }, ...options: string[]): Pty => {
    const pty = new Pty(
      [process.execPath, goidspanMain, 'top', '--pid', String(server.pid), ...options],
      size,
    );
    onTestFinished(async () => void (await pty.child.stop()));
    return pty;
  };

  it('draws what fits, again and again, in any size, and q gives the terminal back as it was', async () => {
    const server = await startServer();
    const pty = start(server, { rows: 14, columns: 60 });
    await pty.child.output(/1049h/);
    const load = ask(server);
    await eventually(
      'routes on the screen',
      20_000,
      () => /GET \/sleep/.test(pty.screen.join()) || undefined,
    );
    await eventually('all of them', 20_000, () => /and \d more routes?/.test(pty.screen.join()) || undefined);
    expect(pty.screen.length).toBeLessThanOrEqual(14);
    const plain = pty.screen;
    expect(Math.max(...plain.map((line) => line.length))).toBeLessThanOrEqual(60);
    expect(plain[0]).toMatch(/^goidspan top {2}last \d+ s: \d+ requests of \d routes$/);
    expect(plain.at(-1)).toBe('q quits');
    await pty.resize(60, 100);
    await eventually('the others', 5_000, () => /GET \/leaf/.test(pty.screen.join()) || undefined);
    await pty.resize(5, 20);
    await eventually('little of it', 5_000, () => pty.screen.length <= 5 || undefined);
    pty.type('q');
    expect(await pty.ended()).toEqual({ code: 0, isRestored: true });
    await load.stop();
    const after = pty.written.slice(pty.written.lastIndexOf(LEAVE));
    expect(pty.written.split(ENTER)).toHaveLength(2);
    expect(pty.written.split(LEAVE)).toHaveLength(2);
    expect(after).toContain('no longer tracing');
    expect(pty.written.slice(pty.written.indexOf(ENTER), pty.written.indexOf(LEAVE))).not.toContain(
      'no longer',
    );
  }, 60_000);

  it.each([
    ['Ctrl-C', (pty: Pty) => pty.type('\u0003')],
    ['the end of its process', (_: Pty, server: GoServer) => server.stop()],
  ] as const)(
    'gives it back on %s',
    async (_, end) => {
      const server = await startServer();
      const pty = start(server);
      await pty.child.output(/1049h/);
      await end(pty, server);
      expect(await pty.ended()).toEqual({ code: 0, isRestored: true });
      expect(pty.written.indexOf(LEAVE)).toBeGreaterThan(pty.written.indexOf(ENTER));
    },
    30_000,
  );

  it('gives it back after its duration, and leaves it alone where nothing could be attached', async () => {
    const server = await startServer();
    const timed = start(server, undefined, '--duration', '1');
    expect(await timed.ended()).toEqual({ code: 0, isRestored: true });
    expect(timed.written).toContain(LEAVE);
    const refused = new Pty([process.execPath, goidspanMain, 'top', '--pid', String(process.pid)]);
    expect(await refused.ended()).toEqual({ code: 3, isRestored: true });
    expect(refused.written).not.toContain(ENTER);
  }, 30_000);
});
