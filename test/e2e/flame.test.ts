/** Where the time of a request went in the code of a real program, on its page: the function that burned, the lock that blocked. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sqliteNode } from '../../.scripts/lib/nodes.mjs';
import type { FlameAnswer, SearchAnswer, SpanHit } from '../../src/page-api/answers.ts';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { Child, eventually } from '../support/child.ts';
import { goidspanMain } from '../support/command.ts';
import { buildGo } from '../support/go-build.ts';
import { GoServer } from '../support/go-server.ts';
import { waitsBuild } from '../support/waits-server.ts';

/** For as long as `test/fixtures/waits/stacks.go` burns, and holds its lock from when another wants it. */
const [BURNS_NS, LOCKED_NS] = [200e6, 18e6];

const ask = async <T>(url: string): Promise<T> => (await fetch(url)).json() as Promise<T>;

/** Frames from the outermost to one of that name. */
function pathTo({ texts, name, parent }: FlameAnswer, wanted: string): string[] {
  const path: string[] = [];
  for (let at = name.findIndex((index) => texts[index] === wanted); at >= 0; at = parent[at] as number)
    path.unshift(texts[name[at] as number] as string);
  return path;
}

describeWith([kernel, go], 'the flame graph of a request', () => {
  let run: Child;
  let folder: string;
  let url: string;
  const hits: Record<string, SpanHit> = {};
  beforeAll(async () => {
    const [node, waits] = await Promise.all([sqliteNode(), buildGo(waitsBuild('local'))]);
    folder = mkdtempSync(join(tmpdir(), 'goidspan-flame-'));
    const store = join(folder, 'store');
    const args = [
      'run',
      '--page-port',
      '0',
      '--store',
      store,
      '--level',
      'cpu',
      '--budget',
      'none',
      '--',
      waits,
    ];
    run = new Child(node, [goidspanMain, ...args], { env: { OTEL_TRACES_EXPORTER: 'none' } });
    url = (await run.output(/the page is at (\S+)/))[1] ?? '';
    const server = await GoServer.of(run);
    for (const path of ['/stack/loop', '/stack/mutex']) {
      await server.get(path);
      hits[path] = await eventually(path, 10_000, async () => {
        const query = `attribute=${encodeURIComponent(`url.path=${path}`)}&kind=2`;
        return (await ask<SearchAnswer>(`${url}/api/search?${query}`)).hits[0];
      });
    }
  });
  afterAll(async () => {
    await run.stop('SIGINT');
    rmSync(folder, { recursive: true });
  });

  const flame = (path: string, more = ''): Promise<FlameAnswer> => {
    const { traceId, spanId } = hits[path] as SpanHit;
    return eventually(`stacks of ${path}`, 10_000, async () => {
      const answer = await ask<FlameAnswer>(`${url}/api/flame/${traceId}/${spanId}${more}`);
      return answer.seenIn === 'trace' ? answer : undefined;
    });
  };

  it('names the function that burned, with about its time', async () => {
    const answer = await flame('/stack/loop');
    const burns = answer.name.findIndex((index) => answer.texts[index] === 'main.burns');
    expect(answer.onNs[burns]).toBeGreaterThan(0.75 * BURNS_NS);
    expect(answer.onNs[burns]).toBeLessThan(1.25 * BURNS_NS);
    expect(answer.offNs[burns]).toBeLessThan(0.5 * BURNS_NS);
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
});
