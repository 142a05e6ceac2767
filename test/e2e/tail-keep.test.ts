/** Traces that are kept by how their root has ended: those are whole, all others are gone and counted. */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { SpanKind } from '@opentelemetry/api';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { keepRulesOf } from '../../src/export/keep-rules.ts';
import { Recorder } from '../../src/recording/recorder.ts';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { samplingStateOf } from '../../src/span/trace-state.ts';
import type { TracerStats } from '../../src/tracer/api.ts';
import { replay } from '../../src/tracer/replay.ts';
import { describeLive } from '../support/capabilities.ts';
import { goidspan, temporaryFolder } from '../support/command.ts';
import { buildGo } from '../support/go-build.ts';
import { GoServer } from '../support/go-server.ts';
import {
  byThread,
  collecting,
  idOf,
  isServer,
  parentOf,
  queryOf,
  TracedServer,
  traceOf,
} from '../support/traced-server.ts';

const acceptance = () => buildGo({ dir: 'test/fixtures/acceptance/server', name: 'acceptance-server' });

const KEEP = keepRulesOf('slow,error,ratio=0.1') ?? expect.fail('the rules are none');
const SLOW_MS = 150;
const counts = { fast: 2_000, slow: 20, failed: 20 } as const;
const concurrency = 16;

/** What a request asks for, with calls from two goroutines of its own each time. */
type Kind = keyof typeof counts;

/** Spans that a request is, with those of the same process that answer its calls. */
const spansOf: Readonly<Record<Kind, number>> = { fast: 5, slow: 3, failed: 3 };

describeLive('tail keep', () => {
  let late: Server;
  beforeAll(async () => {
    late = createServer((_, response) => void setTimeout(() => response.end('ok'), SLOW_MS));
    await new Promise<void>((listening) => late.listen(0, '127.0.0.1', listening));
  });
  afterAll(() => void late.close());

  const pathOf = (kind: Kind, id: string): string => {
    const to = {
      fast: '',
      slow: `&to=http://127.0.0.1:${(late.address() as AddressInfo).port}`,
      failed: '&to=http://127.0.0.1:1',
    }[kind];
    return `/fanout?id=${id}&n=2${to}`;
  };

  /** All kinds, mixed; resolves with the ids of each. */
  async function load(server: GoServer): Promise<Record<Kind, string[]>> {
    const ids: Record<Kind, string[]> = { fast: [], slow: [], failed: [] };
    const due = (Object.keys(counts) as Kind[]).flatMap((kind) =>
      Array.from({ length: counts[kind] }, (_, number) => ({ kind, at: number / counts[kind] })),
    );
    const queue = due.sort((a, b) => a.at - b.at);
    const one = async (): Promise<void> => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        const id = `${next.kind}${ids[next.kind].length}`;
        ids[next.kind].push(id);
        const { status } = await server.get(pathOf(next.kind, id));
        expect(status).toBe(next.kind === 'failed' ? 502 : 200);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, one));
    return ids;
  }

  const calls = ({ kind }: ReadableSpan): boolean => kind !== SpanKind.INTERNAL;
  const saidBy = (spans: readonly ReadableSpan[]) => ({
    why: [...new Set(spans.map(({ attributes }) => attributes['goidspan.kept']))],
    state: [...new Set(spans.map((span) => span.spanContext().traceState?.serialize()))],
  });

  /** The spans of each request that was kept, by its id. */
  function byRequest(spans: readonly ReadableSpan[]): Map<string, ReadableSpan[]> {
    const roots = spans.filter((span) => isServer(span) && queryOf(span).has('id'));
    return new Map(
      roots.map((root) => [
        String(queryOf(root).get('id')),
        spans.filter((span) => traceOf(span) === traceOf(root)),
      ]),
    );
  }

  function expectWhole(spans: readonly ReadableSpan[], kind: Kind): void {
    expect(spans.filter(calls)).toHaveLength(spansOf[kind]);
    const ids = new Set(spans.map(idOf));
    const roots = spans.filter((span) => !ids.has(parentOf(span) ?? ''));
    expect(roots.filter((span) => parentOf(span) === undefined)).toHaveLength(1);
    expect(roots).toHaveLength(1);
  }

  function judge(spans: readonly ReadableSpan[], ids: Record<Kind, string[]>, stats: TracerStats): void {
    const kept = byRequest(spans);
    for (const [kind, why] of [
      ['slow', 'slow'],
      ['failed', 'error'],
    ] as const) {
      for (const id of ids[kind]) {
        const trace = kept.get(id) ?? expect.fail(`${id} is gone`);
        expectWhole(trace, kind);
        // It stands for itself alone.
        expect(saidBy(trace), id).toEqual({ why: [why], state: ['ot=th:0'] });
      }
    }
    const drawn = ids.fast.flatMap((id) => {
      const trace = kept.get(id);
      if (trace === undefined) return [];
      expectWhole(trace, 'fast');
      const { why, state } = saidBy(trace);
      // One that others have kept from the processor for long.
      if (why[0] === 'slow') return [];
      expect({ why, state }).toEqual({ why: ['ratio'], state: ['ot=th:e6666666666666'] });
      return [trace];
    });
    const expected = counts.fast * KEEP.ratio;
    const deviation = Math.sqrt(expected * (1 - KEEP.ratio));
    expect(Math.abs(drawn.length - expected)).toBeLessThan(5 * deviation);
    for (const [root] of drawn) {
      const random = BigInt(`0x${traceOf(root as ReadableSpan).slice(18)}`);
      expect(random >= (samplingStateOf('ot=th:e6666666666666').threshold ?? 0n)).toBe(true);
    }
    const all = (Object.keys(counts) as Kind[]).reduce((sum, kind) => sum + counts[kind] * spansOf[kind], 0);
    expect(spans.filter(calls).length + (stats.notes['not_kept'] ?? 0)).toBe(all);
    expect(stats.lost).toMatchObject({ total: 0 });
  }

  it.each([
    { where: 'in the draining thread', level: 'spans', by: byThread },
    { where: 'on the main thread', level: 'waits', by: collecting },
  ] as const)(
    'keeps every slow and failed request whole, and a share of the others, $where at level $level',
    {
      timeout: 120_000,
    },
    async ({ level, by }) => {
      const traced = await TracedServer.start(await acceptance(), { keep: KEEP, level }, by);
      const ids = await load(traced.server);
      await traced.settle();
      const stats = await traced.stop();
      judge(traced.spans, ids, stats);
      const verdicts = traced.spans.filter(({ attributes }) => 'goidspan.verdict' in attributes);
      expect(verdicts.length > 0).toBe(level === 'waits');
    },
  );

  it('leaves a recording as it is, of which a replay keeps the same', { timeout: 120_000 }, async () => {
    const path = join(await temporaryFolder(), 'a.rec');
    const about = {
      version: '0.1.0',
      startedAt: '',
      scope: { name: 'goidspan', version: '0.1.0' },
      about: {},
    };
    const recorder = Recorder.create(path, about, (error) => expect.fail(error.message));
    const traced = await TracedServer.start(await acceptance(), { keep: KEEP, recorder });
    await load(traced.server);
    // Calls that fail in requests that do not, of which most are dropped.
    for (let request = 0; request < 20; request++) await traced.server.get(`/refused?id=refused${request}`);
    // Open when their process is killed: a failure.
    void traced.server.get(`/fanout?id=open&n=3`).then(() => traced.server.get('/sleep?id=open&ms=60000'));
    await new Promise((done) => setTimeout(done, 300));
    await traced.server.stop('SIGKILL');
    await traced.matching(1, ({ attributes }) => attributes['goidspan.span.ending'] === 'process_exited');
    const stats = await traced.stop();
    recorder.close();

    const spans: ReadableSpan[] = [];
    const nothing = async (): Promise<void> => {};
    const processor = {
      onEnd: (span: ReadableSpan) => void spans.push(span),
      forceFlush: nothing,
      shutdown: nothing,
    };
    const options = { name: path, processors: [processor] };
    const replayed = await replay([readFileSync(path)], { ...options, keep: KEEP });
    const json = (of: readonly ReadableSpan[]): string =>
      Buffer.from(JsonTraceSerializer.serializeRequest([...of]) ?? []).toString();
    expect(json(spans)).toBe(json(traced.spans));
    expect(replayed.notKept).toBe(stats.notes['not_kept']);
    spans.length = 0;
    await replay([readFileSync(path)], options);
    expect(spans.length).toBe(traced.spans.length + replayed.notKept);
    expect(spans.some(({ attributes }) => 'goidspan.kept' in attributes)).toBe(false);
    const refused = spans.filter((span) => String(span.attributes['url.full']).includes('of=refused'));
    const types = refused.flatMap(({ attributes }) => attributes['error.type'] ?? []);
    expect(types).toEqual(Array(20).fill('*net.OpError'));
  });

  it('is an option of the command, which says how many spans it has dropped', async () => {
    const command = goidspan(['run', '--keep', 'error', '--', await acceptance()]);
    const server = await GoServer.of(command);
    for (let request = 0; request < 5; request++) await server.get('/status?code=200');
    await server.get('/status?code=500');
    await new Promise((done) => setTimeout(done, 300));
    expect(await command.stop()).toBe(143);
    expect(command.stdout).toMatch(/GET \/status {2}500/);
    expect(command.stdout).not.toMatch(/GET \/status {2}200/);
    expect(command.stderr).toMatch(/^ {2}noted\n {11}not_kept 5$/m);
  });
});
