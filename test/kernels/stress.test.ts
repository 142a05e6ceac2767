import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { Child } from '../support/child.ts';
import { goidspan, readSummary, temporaryFolder } from '../support/command.ts';
import { isFullRun } from '../support/full-run.ts';
import { buildGo } from '../support/go-build.ts';
import { GoServer } from '../support/go-server.ts';
import { buildGuest } from './initramfs.ts';
import { judge, type LoadDone, lossesOf } from './judge.ts';
import { loadKindsOf, stressKinds } from './kinds.ts';
import { spansOf } from './spans.ts';

const SECONDS = isFullRun ? 180 : 20;
const CONNECTIONS = 24;

/** A copy that the glob of the test finds, and no other. */
async function placed(folder: string, name: string, fixture: string): Promise<string> {
  const path = join(folder, name);
  copyFileSync(
    await buildGo({ dir: `test/fixtures/acceptance/${fixture}`, name: `acceptance-${fixture}` }),
    path,
  );
  return path;
}

describeWith(
  [kernel, go],
  'all kinds of requests at once, from many threads, while programs come and go',
  () => {
    it('give every span once, with its own words and its right parent', { timeout: 300_000 }, async () => {
      const folder = await temporaryFolder();
      const paths = {
        kinds: join(folder, 'kinds.json'),
        out: join(folder, 'out.jsonl'),
        summary: join(folder, 's.json'),
      };
      writeFileSync(paths.kinds, JSON.stringify(loadKindsOf(stressKinds)));
      const main = await GoServer.start(await placed(folder, 'server', 'server'));
      onTestFinished(() => main.stop('SIGKILL'));
      const xnet = await GoServer.start(await placed(folder, 'xnet', 'xnet'));
      onTestFinished(() => xnet.stop('SIGKILL'));
      const servers = { main: addressesOf(main), xnet: addressesOf(xnet) };

      const command = goidspan(
        [
          ...[
            'attach',
            '--exe',
            join(folder, '*'),
            '--level',
            'cpu',
            '--budget',
            'none',
            '--waits',
            'attributes',
          ],
          ...['--out', paths.out, '--summary', paths.summary],
        ],
        { OTEL_TRACES_EXPORTER: 'none' },
      );
      onTestFinished(async () => void (await command.stop('SIGKILL')));
      await command.output(/attached to[\s\S]*attached to/);
      const load = new Child(await buildGuest('amd64'), [
        ...['load', '-kinds', paths.kinds, '-servers', JSON.stringify(servers)],
        ...['-seconds', String(SECONDS), '-connections', String(CONNECTIONS)],
        ...['-churn', await placed(folder, 'churned', 'server')],
      ]);
      onTestFinished(async () => void (await load.stop('SIGKILL')));
      expect(await load.ended, load.stderr).toBe(0);
      expect(load.stderr).toBe('');
      expect(await command.stop('SIGINT', 60_000), command.stderr).toBe(0);

      const did = JSON.parse(load.stdout) as LoadDone;
      const verdict = judge(stressKinds, did, spansOf(readFileSync(paths.out, 'utf8')), {
        linksMayBeSwept: true,
      });
      process.stdout.write(
        `stress on this host: ${JSON.stringify({ ...verdict, faults: verdict.faults.length })}\n`,
      );
      expect(verdict.faults).toEqual([]);
      const { lost, hits } = readSummary(paths.summary);
      expect(lossesOf(lost, true)).toEqual({});
      // Through every program, those of rare ends too.
      const missed = Object.entries(hits.byProbe).filter(([name, count]) => isExpected(name) && count === 0);
      expect(missed).toEqual([]);
      expect(verdict.requests).toBeGreaterThan(stressKinds.length * 20);
      expect([verdict.spansRight, verdict.parentsRight]).toEqual([verdict.spans, verdict.parents]);
    });
  },
);

/**
 * Of Go 1.27 only; of programs with a router; of connections that begin with HTTP/1, which Go's client does not upgrade; of iterators; and where no
 * goroutine is stopped for the collector.
 */
const ELSEWHERE = [
  ...[
    'http_server_route',
    'http_server_router',
    'http_server_upgrade',
    'goroutine_birth_coro',
    'goroutine_coro',
  ],
  'goroutine_preempt',
];

const isExpected = (probe: string): boolean =>
  /^(?:http_(?!fiber)|gc_|chan_|goroutine_)/.test(probe) && !ELSEWHERE.includes(probe);

function addressesOf({ url, tlsUrl }: GoServer): { readonly plain: string; readonly tls: string } {
  return { plain: new URL(url).host, tls: new URL(tlsUrl as string).host };
}
