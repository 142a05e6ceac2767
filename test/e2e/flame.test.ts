/** Where the time of a request went in the code of a real program, on its page: the function that burned, the lock that blocked. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sqliteNode } from '../../.scripts/lib/nodes.mjs';
import type { FlameAnswer, SearchAnswer, SpanAnswer, SpanHit } from '../../src/page-api/answers.ts';
import { look, picture } from '../page/support/browser.ts';
import { browser, startBrowser } from '../page/support/chromium.ts';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { Child, eventually } from '../support/child.ts';
import { goidspanMain } from '../support/command.ts';
import { buildGo } from '../support/go-build.ts';
import { GoServer } from '../support/go-server.ts';
import { waitsBuild } from '../support/waits-server.ts';

/** For as long as `test/fixtures/waits/stacks.go` holds its lock from when another wants it. */
const LOCKED_NS = 18e6;
/** What is sampled 99 times a second may be off by so much, of 200 ms. */
const OFF_NS = 40e6;

const deep = ['--level', 'cpu', '--budget', 'none'];

const ask = async <T>(url: string): Promise<T> => (await fetch(url)).json() as Promise<T>;

const hitOf = (url: string, path: string, range = ''): Promise<SpanHit> =>
  eventually(path, 10_000, async () => {
    const query = `attribute=${encodeURIComponent(`url.path=${path}`)}&kind=2${range}`;
    return (await ask<SearchAnswer>(`${url}/api/search?${query}`)).hits[0];
  });

const flameOf = (url: string, { traceId, spanId }: SpanHit): Promise<FlameAnswer> =>
  eventually(`stacks of ${spanId}`, 10_000, async () => {
    const answer = await ask<FlameAnswer>(`${url}/api/flame/${traceId}/${spanId}`);
    return answer.seenIn === 'trace' ? answer : undefined;
  });

/** Frames from the outermost to one of that name. */
function pathTo({ texts, name, parent }: FlameAnswer, wanted: string): string[] {
  const path: string[] = [];
  for (let at = name.findIndex((index) => texts[index] === wanted); at >= 0; at = parent[at] as number)
    path.unshift(texts[name[at] as number] as string);
  return path;
}

describeWith([kernel, go], 'the flame graph of a request', () => {
  let node: string;
  let waits: string;
  let run: Child;
  let folder: string;
  let url: string;
  const hits: Record<string, SpanHit> = {};
  beforeAll(async () => {
    [node, waits] = await Promise.all([sqliteNode(), buildGo(waitsBuild('local'))]);
    folder = mkdtempSync(join(tmpdir(), 'goidspan-flame-'));
    const store = ['--page-port', '0', '--store', join(folder, 'store')];
    run = goidspan(['run', ...store, ...deep, '--', waits]);
    url = (await run.output(/the page is at (\S+)/))[1] ?? '';
    const server = await GoServer.of(run);
    for (const path of ['/stack/loop', '/stack/mutex']) {
      await server.get(path);
      hits[path] = await hitOf(url, path);
    }
  });
  afterAll(async () => {
    await run.stop('SIGINT');
    rmSync(folder, { recursive: true });
  });

  /** On a Node that has SQLite. */
  const goidspan = (args: readonly string[]): Child =>
    new Child(node, [goidspanMain, ...args], { env: { OTEL_TRACES_EXPORTER: 'none' } });
  const flame = (path: string): Promise<FlameAnswer> => flameOf(url, hits[path] as SpanHit);

  /** As the kernel has counted it, without samples. */
  const cpuOf = async (path: string): Promise<number> => {
    const { traceId, spanId } = hits[path] as SpanHit;
    const { attributes } = await ask<SpanAnswer>(`${url}/api/span/${traceId}/${spanId}`);
    const breakdown = JSON.parse(String(attributes['goidspan.breakdown'])) as Readonly<
      Record<string, number>
    >;
    return breakdown['cpu'] ?? 0;
  };

  it('names the function that burned, with about its time', async () => {
    const answer = await flame('/stack/loop');
    const burns = answer.name.findIndex((index) => answer.texts[index] === 'main.burns');
    // It burns for 200 ms; others may want the processor meanwhile.
    const cpuNs = await cpuOf('/stack/loop');
    expect(cpuNs).toBeGreaterThan(2 * OFF_NS);
    expect(answer.onNs[burns]).toBeGreaterThan(cpuNs - OFF_NS);
    expect(answer.onNs[burns]).toBeLessThan(cpuNs + OFF_NS);
    expect(answer.texts[answer.file[burns] as number]).toMatch(/waits\/stacks\.go$/);
    expect(pathTo(answer, 'main.burns')).toEqual(
      expect.arrayContaining(['net/http.(*conn).serve', 'main.deep', 'main.burns']),
    );
  });

  it('ends the stack of a blocked goroutine in what it waited for', async () => {
    const answer = await flame('/stack/mutex');
    const wait = answer.name.findIndex(
      (index, at) => answer.texts[index] === 'mutex' && answer.isWait[at] === 1,
    );
    expect(answer.offNs[wait]).toBeGreaterThan(0.75 * LOCKED_NS);
    expect(answer.spent['mutex']).toBe(answer.offNs[wait]);
    expect(answer.onNs[wait]).toBe(0);
    const path = pathTo(answer, 'mutex');
    expect(path.indexOf('main.takesLock')).toBeLessThan(path.indexOf('sync.(*Mutex).Lock'));
    expect(path.indexOf('main.takesLock')).toBeGreaterThan(0);
  });

  it.runIf(browser() === undefined)('is painted on its page', async () => {
    const started = await startBrowser();
    const { page, to, close } = await look(started, `${url}/`);
    const { traceId, spanId } = hits['/stack/loop'] as SpanHit;
    await to(`span/${traceId}/${spanId}`);
    const [row] = await page.getByRole('table', { name: 'Frames' }).locator('tbody tr').allInnerTexts();
    expect(row).toMatch(/^main\.burns stacks\.go:\d+/);
    const canvas = page.locator('.flame canvas');
    expect(Number(await canvas.getAttribute('data-drawn'))).toBeGreaterThan(8);
    await canvas.scrollIntoViewIfNeeded();
    await picture(page, 'flame-real');
    await close();
    await started.close();
  });

  it('is in a recording as well, and made of it again', async () => {
    const file = join(folder, 'a.rec');
    const record = goidspan(['record', '-o', file, ...deep, '--', waits]);
    await (await GoServer.of(record)).get('/stack/mutex');
    await record.stop('SIGINT');
    const open = goidspan(['open', file, '--page-port', '0']);
    const [, page = '', range = ''] = await open.output(/a\.rec is at (\S+)\/#\/\?(\S+)/);
    const answer = await flameOf(page, await hitOf(page, '/stack/mutex', `&${range}`));
    expect(pathTo(answer, 'mutex')).toContain('main.takesLock');
    expect(answer.spent['mutex']).toBeGreaterThan(0.75 * LOCKED_NS);
    await open.stop('SIGINT');
  });
});
