/** From a slow request of a real program to its cause on a page, by the commands that users type. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hasSqlite } from '../../.scripts/lib/nodes.mjs';
import { jaegerUiConfig } from '../../src/cli/jaeger-ui-config-command.ts';
import type { SearchAnswer, SpanAnswer, SpanHit, TraceAnswer } from '../../src/page-api/answers.ts';
import { look } from '../page/support/browser.ts';
import { browser, startBrowser } from '../page/support/chromium.ts';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { eventually } from '../support/child.ts';
import { goidspan, temporaryFolder } from '../support/command.ts';
import { buildGo } from '../support/go-build.ts';
import { GoServer } from '../support/go-server.ts';
import { addressIn, ask, pageCommand, quiet } from '../support/page-command.ts';
import { freePorts, jaegerHtml, peers, startJaeger } from '../support/peers.ts';
import { waitsBuild } from '../support/waits-server.ts';

const SLEEP_MS = 60;
const anyPort = ['--page-port', '0'];

async function slept(url: string): Promise<SpanHit> {
  const { hits } = await eventually('slow request on the page', 10_000, async () => {
    const answer = await ask<SearchAnswer>(`${url}/api/search?cause=sleep&min=50000000`);
    return answer.hits.length > 0 ? answer : undefined;
  });
  return hits[0] as SpanHit;
}

describeWith([kernel, go], 'a page', () => {
  let waits: string;
  beforeAll(async () => {
    waits = await buildGo(waitsBuild('local'));
  });

  it('of a program that is run says why a request was slow, and another page of the same store does so later', async () => {
    const folder = await temporaryFolder();
    const store = ['--store', join(folder, 'store')];
    const level = ['--level', 'waits', '--slow', '50'];
    const run = await pageCommand(['run', '--page', ...anyPort, ...store, ...level, '--', waits]);
    const url = await addressIn(run);
    const server = await GoServer.of(run);
    await server.get(`/sleep?ms=${SLEEP_MS}`);
    const { traceId, spanId } = await slept(url);
    const span = await ask<SpanAnswer>(`${url}/api/span/${traceId}/${spanId}`);
    expect(span.attributes['goidspan.verdict']).toMatch(/^sleep: \d+ of \d+ ms/);
    const second = await pageCommand(['serve', ...store, '--port', '0']);
    expect(await second.ended).toBe(1);
    expect(second.stderr).toMatch(/^goidspan: cannot write to the store \S+: another process does \(end it/m);
    await run.stop('SIGINT');

    const served = await pageCommand([
      'serve',
      ...store,
      '--port',
      '0',
      '--otlp-grpc-port',
      '0',
      '--otlp-http-port',
      '0',
    ]);
    const trace = await ask<TraceAnswer>(`${await addressIn(served)}/api/trace/${traceId}`);
    expect(trace.spanId).toContain(spanId);
    expect(await served.stop('SIGTERM')).toBe(0);
  });

  it('of a recording shows what was recorded, when it was', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'a.rec');
    const record = goidspan(['record', '-o', file, '--level', 'waits', '--slow', '50', '--', waits], quiet);
    const server = await GoServer.of(record);
    await server.get(`/sleep?ms=${SLEEP_MS}`);
    await record.stop('SIGINT');
    const open = await pageCommand(['open', file, ...anyPort]);
    const [, url = '', range = ''] = await open.output(/a\.rec is at (\S+)\/#\/\?(\S+)/);
    const { hits } = await ask<SearchAnswer>(`${url}/api/search?${range}&min=50000000&kind=2`);
    expect(hits).toHaveLength(1);
    expect(await open.stop('SIGINT')).toBe(0);
  });

  it.runIf(!hasSqlite())('needs a newer Node, and says so', async () => {
    for (const args of [['run', '--page', '--', waits], ['serve']]) {
      const child = goidspan(args, quiet);
      expect(await child.ended).toBe(1);
      expect(child.stderr).toMatch(/Node 20\.\S+ has no SQLite \(use Node 22\.13 or newer\)/);
    }
  });

  it('for others than this host needs a token', async () => {
    const child = await pageCommand(['serve', '--host', '0.0.0.0']);
    expect(await child.ended).toBe(2);
    expect(child.stderr).toContain('--host 0.0.0.0: others than this host may only look with a token');
  });
});

describeWith([kernel, go, peers, browser], 'a span in Jaeger', () => {
  let started: Awaited<ReturnType<typeof startBrowser>>;
  beforeAll(async () => {
    started = await startBrowser();
  });
  afterAll(() => started.close());

  it('has a link to its page, which says why it was slow and leads back', async () => {
    const folder = await temporaryFolder();
    const store = ['--store', join(folder, 'store')];
    const [port] = await freePorts(1);
    const config = join(folder, 'ui-config.json');
    writeFileSync(config, JSON.stringify(jaegerUiConfig(`http://127.0.0.1:${port}`)));
    const jaeger = await startJaeger({ uiConfig: config });
    const run = await pageCommand([
      'run',
      ...['--page-port', String(port), '--jaeger-url', jaeger.query],
      ...store,
      '--level',
      'waits',
      '--slow',
      '50',
      '--',
      await buildGo(waitsBuild('local')),
    ]);
    const url = await addressIn(run);
    const [link] = linkPatternsIn(await jaegerHtml(jaeger));
    expect(link).toMatchObject({ type: 'tags', key: 'goidspan.goid' });

    const server = await GoServer.of(run);
    await server.get(`/sleep?ms=${SLEEP_MS}`);
    const hit = await slept(url);
    const span = await ask<SpanAnswer>(`${url}/api/span/${hit.traceId}/${hit.spanId}`);
    expect(span.attributes).toHaveProperty(link?.key ?? '');
    const address = link?.url.replace('#{trace.traceID}', hit.traceId).replace('#{spanID}', hit.spanId) ?? '';
    const looked = await look(started, `${url}/`);
    await looked.page.goto(address);
    const sentence = String(span.attributes['goidspan.verdict']).replace(/^\w+: /, '');
    await looked.page.getByRole('region', { name: 'Why it was slow' }).getByText(sentence).first().waitFor();
    const back = await looked.page.getByRole('link', { name: 'Open in Jaeger' }).getAttribute('href');
    expect(back).toBe(`${jaeger.query}/trace/${hit.traceId}?uiFind=${hit.spanId}`);
    await looked.close();
    await run.stop('SIGINT');
    await jaeger.stop();
  });
});

interface LinkPattern {
  readonly type: string;
  readonly key: string;
  readonly url: string;
}

/** Of the page of Jaeger's UI, which holds its configuration. */
function linkPatternsIn(html: string): readonly LinkPattern[] {
  const [, json = '{}'] = /JAEGER_CONFIG\s*=\s*(\{.*?\});?\s*(?:\n|<)/s.exec(html) ?? [];
  return (JSON.parse(json) as { linkPatterns?: LinkPattern[] }).linkPatterns ?? [];
}
