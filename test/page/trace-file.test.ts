/** Traces as files, read again by what such files are for. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { Profile as PprofProfile } from 'pprof-format';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NO_LIMITS } from '../../src/otlp/limits.ts';
import { TraceRequestBuilder } from '../../src/otlp/trace-request.ts';
import type { TraceAnswer } from '../../src/page-api/answers.ts';
import type { SpeedscopeFile } from '../../src/profile/speedscope.ts';
import { requestOfJson } from '../../src/receiver/json-request.ts';
import { requestJson } from '../../src/store/request-json.ts';
import { traceCsv } from '../../src/trace-export/trace-csv.ts';
import { traceHtml } from '../../src/trace-export/trace-html.ts';
import { randomSpan } from '../otlp/spans.ts';
import { describeWith, go } from '../support/capabilities.ts';
import { temporaryFolder } from '../support/command.ts';
import { decodeRequest } from '../support/otlp-proto.ts';
import { Random } from '../support/random.ts';
import { requestOf } from '../support/request-of.ts';
import { type ServedPage, servePage } from './support/page-server.ts';
import { sample } from './support/sample.ts';
import { keepStacks, sampled, waited } from './support/stacks.ts';

const told = sample(2);
const traceId = told.checkout.traceId;
let served: ServedPage;
let trace: TraceAnswer;

beforeAll(async () => {
  served = await servePage(told.requests);
  const { spanId } = told.checkout;
  const seen = [
    sampled(20, 'net/http.(*conn).serve main.(*shop).checkout main.price', 3),
    waited(20, 'mutex', 'net/http.(*conn).serve main.(*shop).checkout sync.(*Mutex).Lock', 5_000_000),
  ];
  await keepStacks(served.backend, [{ traceId, spanId, left: 0, seen }]);
  trace = (await (await fetch(`${served.url}api/trace/${traceId}`)).json()) as TraceAnswer;
});
afterAll(() => served.stop());

async function file(format: string): Promise<Buffer> {
  const response = await fetch(`${served.url}api/trace/${traceId}/export?format=${format}`);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-disposition')).toMatch(
    new RegExp(`^attachment; filename="${traceId}\\.`),
  );
  return Buffer.from(await response.arrayBuffer());
}

describe('a trace', () => {
  it('has a track for each goroutine in Perfetto, and each span in its time', async () => {
    const { traceEvents } = JSON.parse((await file('perfetto')).toString()) as {
      traceEvents: {
        ph: string;
        name: string;
        tid: number;
        ts: number;
        dur: number;
        args: { span_id: string };
      }[];
    };
    const spans = traceEvents.filter(({ ph }) => ph === 'X');
    expect(spans.map(({ args }) => args.span_id)).toEqual(trace.spanId);
    expect(spans.map(({ dur }) => Math.round(dur * 1000))).toEqual(trace.durationNs);
    expect(Math.min(...spans.map(({ ts }) => ts))).toBe(0);
    expect(spans.map(({ tid }) => tid)).toEqual(trace.goid);
  });

  it('is a profile of what its time was spent on, which sums up to it', async () => {
    const { profiles, shared } = JSON.parse((await file('speedscope')).toString()) as {
      profiles: { samples: number[][]; weights: number[]; endValue: number }[];
      shared: { frames: { name: string }[] };
    };
    const [profile] = profiles;
    const names = profile?.samples.map((stack) => stack.map((index) => shared.frames[index]?.name));
    const root = trace.texts[trace.name[0] ?? 0];
    expect(names?.every(([outermost]) => outermost === root)).toBe(true);
    expect(names?.some((stack) => stack.at(-1) === 'chan.receive')).toBe(true);
    expect(profile?.weights.every((weight) => weight > 0)).toBe(true);
    expect(profile?.endValue).toBeGreaterThanOrEqual((trace.durationNs[0] ?? 0) * 0.99);
  });

  it('is a profile with its ids as labels for pprof', async () => {
    const profile = PprofProfile.decode(gunzipSync(await file('pprof')));
    const text = (index: number | bigint): string => profile.stringTable.strings[Number(index)] ?? '';
    const labels = profile.sample.map(({ label }) =>
      Object.fromEntries(label.map(({ key, str }) => [text(key), text(str)])),
    );
    expect(labels.every((label) => label['trace_id'] === traceId)).toBe(true);
    expect(trace.spanId).toEqual(expect.arrayContaining(labels.map((label) => label['span_id'])));
  });

  it('is a profile of where it was seen in its code, in values of their own, of all of it or of a span', async () => {
    const profile = PprofProfile.decode(gunzipSync(await file('pprof')));
    const text = (index: number | bigint): string => profile.stringTable.strings[Number(index)] ?? '';
    expect(profile.sampleType.map(({ type }) => text(type))).toEqual(['time', 'cpu', 'samples', 'wait']);
    const nameOf = new Map(profile.function.map(({ id, name }) => [String(id), text(name)]));
    const lineOf = new Map(profile.location.map(({ id, line }) => [String(id), String(line[0]?.functionId)]));
    const seen = profile.sample
      .filter(({ value }) => Number(value[0]) === 0)
      .map(({ locationId, value, label }) => ({
        value: value.map(Number),
        innermost: nameOf.get(lineOf.get(String(locationId[0])) ?? ''),
        spanId: text(label.find(({ key }) => text(key) === 'span_id')?.str ?? 0),
      }));
    const { spanId } = told.checkout;
    expect(seen).toEqual([
      { value: [0, 30_000_000, 3, 0], innermost: 'main.price', spanId },
      { value: [0, 0, 0, 5_000_000], innermost: 'mutex', spanId },
    ]);
    const cpuOf = async (id: string): Promise<unknown> => {
      const url = `${served.url}api/trace/${traceId}/export?format=speedscope&span=${id}`;
      const { profiles, activeProfileIndex } = (await (await fetch(url)).json()) as SpeedscopeFile;
      return { cpu: profiles.find(({ name }) => name === 'cpu')?.endValue, activeProfileIndex };
    };
    expect(await cpuOf(spanId)).toEqual({ cpu: 30_000_000, activeProfileIndex: 1 });
    // It is not below that one.
    expect(await cpuOf(trace.spanId.at(-1) ?? '')).toEqual({ cpu: 0 });
  });

  it('is the same request again as OTLP', async () => {
    const lines = (await file('otlp')).toString().trim().split('\n');
    const ids = lines.flatMap((line) => decodeRequest(requestOfJson(line))['resourceSpans'] as never[]);
    const spanIds = JSON.stringify(ids).match(/"spanId":"[0-9a-f]{16}"/g) ?? [];
    expect(new Set(spanIds).size).toBeGreaterThanOrEqual(trace.spanId.length);
  });

  it('is a table with a line for each span', async () => {
    const lines = (await file('csv')).toString().trimEnd().split('\r\n');
    expect(lines).toHaveLength(1 + trace.spanId.length);
    expect(lines[0]).toMatch(/^trace_id,span_id,parent_span_id,service,name,.*chan\.receive_ns/);
  });

  it('is one file without a script', async () => {
    const html = (await file('html')).toString();
    expect(html).not.toMatch(/<script|https?:\/\//);
    expect(html.match(/<tr>/g)).toHaveLength(1 + trace.spanId.length);
  });

  it('is no file of another format, nor one that is not here', async () => {
    const status = async (path: string) => (await fetch(`${served.url}api/trace/${path}`)).status;
    expect(await status(`${traceId}/export?format=doc`)).toBe(400);
    expect(await status(`${traceId}/export`)).toBe(400);
    expect(await status(`${'0'.repeat(31)}1/export?format=csv`)).toBe(404);
    expect(await status(`${'0'.repeat(31)}1/export?format=otlp`)).toBe(404);
  });
});

describeWith([go], 'go tool pprof', () => {
  it('reads it', async () => {
    const path = `${await temporaryFolder()}/trace.pb.gz`;
    writeFileSync(path, await file('pprof'));
    const top = execFileSync('go', ['tool', 'pprof', '-top', path], { encoding: 'utf8' });
    expect(top).toMatch(/chan\.receive/);
  });
});

describe('hostile names', () => {
  const name = '<img src=x onerror=alert(1)>"\'&';
  const hostile: TraceAnswer = {
    ...{
      traceId: 'a'.repeat(32),
      texts: [name, '=cmd|"/c calc"!A1'],
      spanId: ['b'.repeat(16)],
      parent: [-1],
    },
    ...{ service: [1], name: [0], kind: [2], startUs: [1e15], durationNs: [1e6], flags: [1], verdict: [0] },
    ...{ spent: {}, links: {}, goid: [0], parentGoid: [0], left: 0 },
  };

  it('are text in HTML, and no formula in a table', () => {
    expect(traceHtml(hostile)).not.toContain('<img');
    expect(traceCsv(hostile)).toContain('" =cmd|""/c calc""!A1"');
  });
});

describe('OTLP as JSON', () => {
  it('says what the bytes say, for spans of every shape', () => {
    const random = new Random(99);
    for (let round = 0; round < 30; round++) {
      const builder = new TraceRequestBuilder(NO_LIMITS);
      for (let count = 1 + random.below(10); count > 0; count--) builder.addSpan(randomSpan(random));
      const { bytes } = builder.take();
      const again = requestOfJson(JSON.stringify(requestJson(bytes)));
      expect(decodeRequest(Buffer.from(again))).toEqual(decodeRequest(Buffer.from(bytes)));
    }
  });

  it('never throws, whatever the bytes', () => {
    const random = new Random(3);
    const bytes = Buffer.from(requestOf([]));
    for (let round = 0; round < 3_000; round++) {
      const noise = Buffer.from(Array.from({ length: random.below(60) }, () => random.below(256)));
      expect(() => requestJson(Buffer.concat([bytes, noise]))).not.toThrow();
    }
  });
});
