/** A program with an OpenTelemetry SDK: its spans and ours are one trace, and none says what another one says. */
import { SpanKind } from '@opentelemetry/api';
import { expect, it, onTestFinished } from 'vitest';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import type { TracerOptions } from '../../src/tracer/api.ts';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { isFullRun } from '../support/full-run.ts';
import { buildGo, type GoBuild } from '../support/go-build.ts';
import { type RequestOfSdk, SdkServer } from '../support/sdk-server.ts';
import { idOf, parentOf, queryOf, traceOf } from '../support/traced-server.ts';
import { treeOfLines } from '../support/tree-of-lines.ts';

const timeout = 400_000;
const dir = 'test/fixtures/sdk';
const builds: readonly GoBuild[] = [
  { dir, name: 'sdk-1.47' },
  { dir, name: 'sdk-1.24', go: '1.21.13', flags: ['-modfile=old.mod'] },
].slice(0, isFullRun ? 2 : 1);

async function started(
  build: GoBuild,
  options: Partial<TracerOptions> = {},
  env: Readonly<Record<string, string>> = {},
): Promise<SdkServer> {
  const server = await SdkServer.start(await buildGo(build), options, env);
  onTestFinished(() => server.traced.server.stop());
  return server;
}

/** Of a way to make calls, what becomes of it within an instrumented server. In capitals: the SDK's. */
const trees: Readonly<Record<string, string>> = {
  call: `
    CALL
      answer 0`,
  plain: `
    call 0
      answer 0`,
  background: `
    call 0
      answer 0`,
  inner: `
    INNER
      DEEPER
        call 0
          answer 0
        call 1
          answer 1
      call 2
        answer 2`,
  helper: `
    HELPED
      call 0
        answer 0`,
  unread: `
    CALL
      answer 0
    call 1
      answer 1
    call 2
      answer 2
    call 3
      answer 3`,
  goroutines: `
    SPREAD
      call 0
        answer 0
      call 1
        answer 1`,
  siblings: `
    ONE
      call 0
        answer 0
    TWO
      call 1
        answer 1`,
  'own-client': `
    CALL
      answer 0`,
  'fan-out': `
    CALL
      call 0
        answer 0
      call 1
        answer 1`,
};

const theirsIn = (tree: string): number => tree.match(/^ *[A-Z]/gm)?.length ?? 0;
const oursIn = (tree: string): number => tree.match(/^ *[a-z]/gm)?.length ?? 0;

const theirKinds: Partial<Record<SpanKind, string>> = {
  [SpanKind.SERVER]: 'REQUEST',
  [SpanKind.CLIENT]: 'CALL',
};
const ourKinds: Partial<Record<SpanKind, string>> = {
  [SpanKind.SERVER]: 'answer',
  [SpanKind.CLIENT]: 'call',
  [SpanKind.INTERNAL]: 'runtime',
};

const theirLine = (span: ReadableSpan): string => theirKinds[span.kind] ?? span.name.toUpperCase();
const ourLine = (span: ReadableSpan): string =>
  `${ourKinds[span.kind]} ${queryOf(span).get('n') ?? ''}`.trimEnd();

/** What a request became. */
const treeOf = ({ theirs, ours }: RequestOfSdk): string =>
  treeOfLines([
    ...theirs.map((span) => ({ span, line: theirLine(span) })),
    ...ours.map((span) => ({ span, line: ourLine(span) })),
  ]);

/** … with the span of the request around it, and what we know of that. */
function expectedOf(tree: string): string {
  const below = tree
    .slice(1)
    .split('\n')
    .map((line) => line.slice(2));
  const tops: string[] = [];
  for (const line of [...below, '  runtime']) {
    if (/^ {2}\S/.test(line)) tops.push(line);
    else tops[tops.length - 1] += `\n${line}`;
  }
  return ['REQUEST', ...tops.sort()].join('\n');
}

describeWith([kernel, go], 'an SDK in the program', () => {
  it.each(builds)(
    'has one trace with ours, and each operation one span: $name',
    { timeout },
    async (build) => {
      const server = await started(build);
      for (const [way, tree] of Object.entries(trees)) {
        const id = `one-${way}`;
        const request = await server.request(`/with/${way}?id=${id}`, theirsIn(tree) + 1, oursIn(tree) + 1);
        expect([way, treeOf(request)]).toEqual([way, expectedOf(tree)]);
        expect([way, request.traces]).toEqual([way, 1]);
      }
      const job = await server.request('/job?id=alone', 1, 3);
      expect(treeOf(job)).toBe('JOB\n  call 0\n    answer 0\nanswer');
      expect((await server.stop()).lost.total).toBe(0);
    },
  );

  it.each(builds)(
    'whose span of a request begins on another goroutine has it joined: $name',
    { timeout },
    async (build) => {
      const server = await started(build);
      const names = ['plain', 'background', 'inner', 'goroutines', 'call'];
      const requests = ['timed', 'apart'].flatMap((by) => names.map((way) => ({ by, way })));
      const expectWhole = async (id: string, way: string): Promise<void> => {
        const tree = trees[way] as string;
        const request = await server.whole(id, theirsIn(tree) + 1, oursIn(tree) + 1);
        expect([id, treeOf(request), request.traces]).toEqual([id, expectedOf(tree), 1]);
      };
      for (const [n, { by, way }] of requests.entries()) {
        const id = `${by}-${way}`;
        await server.traced.server.get(`/${by}/${way}?id=${id}`);
        await expectWhole(id, way);
        // Of a trace that has begun elsewhere.
        const headers = { traceparent: `00-${String(10 + n).repeat(16)}-${'cd'.repeat(8)}-01` };
        await server.traced.server.get(`/${by}/${way}?id=sent-${id}`, { headers });
        await expectWhole(`sent-${id}`, way);
      }
      const many = Array.from({ length: 100 }, (_, n) => ({
        ...(requests[n % requests.length] as { by: string; way: string }),
        id: `many-${n}`,
      }));
      await Promise.all(many.map(({ by, way, id }) => server.traced.server.get(`/${by}/${way}?id=${id}`)));
      for (const { id, way } of many) await expectWhole(id, way);
      expect((await server.stop()).lost.total).toBe(0);
    },
  );

  it('is told of a request that is over before what serves it', { timeout }, async () => {
    const server = await started(builds[0] as GoBuild);
    const many = Array.from({ length: 50 }, (_, n) => `late-${n}`);
    const replies = await Promise.all(many.map((id) => server.traced.server.get(`/late/slow?id=${id}`)));
    expect(replies.map(({ status }) => status)).toEqual(many.map(() => 503));
    for (const id of many) {
      const request = await server.whole(id, 2, 1);
      expect([id, treeOf(request), request.traces]).toEqual([id, 'REQUEST\n  CALL\n  runtime', 1]);
      expect(request.ours[0]?.attributes['goidspan.sdk']).toBe('same');
    }
    expect((await server.stop()).lost.total).toBe(0);
  });

  it('of 200 requests at once, each call stands in its own', { timeout }, async () => {
    const server = await started(builds[0] as GoBuild);
    const ways = Object.keys(trees);
    const wayOf = (n: number): string => ways[n % ways.length] as string;
    await Promise.all(
      Array.from({ length: 200 }, (_, n) => server.traced.server.get(`/with/${wayOf(n)}?id=many-${n}`)),
    );
    for (let n = 0; n < 200; n++) {
      const tree = trees[wayOf(n)] as string;
      const request = await server.whole(`many-${n}`, theirsIn(tree) + 1, oursIn(tree) + 1);
      expect([n, treeOf(request)]).toEqual([n, expectedOf(tree)]);
    }
    expect((await server.stop()).lost.total).toBe(0);
  });

  it('begins a trace of its own in a server without instrumentation, of which the request is part', {
    timeout,
  }, async () => {
    const server = await started(builds[0] as GoBuild);
    const { theirs, ours, traces } = await server.request('/without/inner?id=own', 2, 7);
    expect([theirs.length, ours.length, traces]).toEqual([2, 7, 1]);
    const request = ours.find(({ name }) => name === 'GET /without/');
    expect([request?.kind, request?.parentSpanContext]).toEqual([SpanKind.SERVER, undefined]);
    await server.stop();
  });

  it('that samples nothing leaves nothing of ours behind', { timeout }, async () => {
    const server = await started(builds[0] as GoBuild, {}, { SAMPLER: 'never' });
    for (const way of Object.keys(trees)) await server.traced.server.get(`/with/${way}?id=never-${way}`);
    for (const by of ['timed', 'apart']) await server.traced.server.get(`/${by}/plain?id=never-${by}`);
    // Others are not its affair.
    const { ours } = await server.request('/without/plain?id=others', 0, 3);
    expect(ours).toHaveLength(3);
    expect(
      server.ours.map((span) => span.attributes['url.path'] ?? span.attributes['url.full']),
    ).toHaveLength(3);
    await server.stop();
  });

  it('that is linked and not set up is none', { timeout }, async () => {
    const server = await started(builds[0] as GoBuild, {}, { PROVIDER: 'none' });
    for (const by of ['with', 'timed']) {
      const { theirs, ours, traces } = await server.request(`/${by}/inner?id=none-${by}`, 0, 7);
      expect([theirs, traces]).toEqual([[], 1]);
      const request = ours.find(({ kind, name }) => kind === SpanKind.SERVER && name === `GET /${by}/`);
      const calls = ours.filter(({ kind }) => kind === SpanKind.CLIENT);
      expect(calls.map(parentOf)).toEqual(Array(3).fill(idOf(request as ReadableSpan)));
      expect(ours.filter(({ attributes }) => 'goidspan.sdk' in attributes)).toEqual([]);
    }
    await server.stop();
  });

  it('is told what the runtime knows of its request: where the time went, and why it was slow', {
    timeout,
  }, async () => {
    const server = await started(builds[0] as GoBuild, {
      level: 'waits',
      slowMillis: 20,
      keep: { slow: true, error: false, ratio: 0 },
    });
    await server.traced.server.get('/with/plain?id=quick');
    const { theirs, ours } = await server.request('/with/slow?id=late', 2, 3);
    const runtime = ours.find(({ name }) => name === 'runtime GET /with/') as ReadableSpan;
    const request = theirs.find(({ kind }) => kind === SpanKind.SERVER) as ReadableSpan;
    expect([runtime.kind, parentOf(runtime), traceOf(runtime)]).toEqual([
      SpanKind.INTERNAL,
      idOf(request),
      traceOf(request),
    ]);
    expect(runtime.attributes).toMatchObject({
      'goidspan.sdk': 'same',
      'goidspan.kept': 'slow',
      'goidspan.verdict': expect.stringMatching(/^sleep/),
      'http.route': '/with/',
    });
    expect(runtime.attributes).not.toHaveProperty('url.path');
    const wait = ours.find(({ name }) => name === 'wait sleep') as ReadableSpan;
    expect(parentOf(wait)).toBe(idOf(runtime));
    expect(server.of('quick').ours).toEqual([]);
    await server.stop();
  });

  it('that is to be ignored has its own traces, and a program with one that is to be left alone is refused', {
    timeout,
  }, async () => {
    const build = builds[0] as GoBuild;
    const ignored = await started(build, { sdk: 'ignore' });
    const { theirs, ours, traces } = await ignored.request('/with/plain?id=both', 0, 3);
    expect([theirs, ours.length, traces]).toEqual([[], 3, 1]);
    expect(ours.filter(({ kind }) => kind === SpanKind.SERVER)).toHaveLength(2);
    await ignored.stop();
    await expect(started(build, { sdk: 'off' })).rejects.toMatchObject({
      code: 'not_supported_binary',
      message: expect.stringContaining('it has an OpenTelemetry SDK of its own'),
    });
  });

  it('sends its own telemetry without a span, unless that is wanted', { timeout }, async () => {
    for (const telemetryExports of [false, true]) {
      const server = await started(builds[0] as GoBuild, { telemetryExports });
      await server.request('/with/plain?id=sent', 1, 3);
      await server.settled();
      const exports = server.ours.filter(({ attributes }) =>
        /\/v1\/traces$/.test(String(attributes['url.full'])),
      );
      const { notes } = await server.stop();
      expect([exports.length > 0, (notes['telemetry_exports'] ?? 0) > 0]).toEqual([
        telemetryExports,
        !telemetryExports,
      ]);
    }
  });
});
