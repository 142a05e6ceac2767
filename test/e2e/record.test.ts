import { copyFileSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SpanKind } from '@opentelemetry/api';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import { describe, expect, it } from 'vitest';
import { LEVELS } from '../../src/probes/hook.ts';
import { HEADER_BYTES } from '../../src/recording/format.ts';
import { Recorder } from '../../src/recording/recorder.ts';
import { headerBytes } from '../../src/recording/write-frame.ts';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { replay } from '../../src/tracer/replay.ts';
import { describeLive } from '../support/capabilities.ts';
import { Child, eventually } from '../support/child.ts';
import { goidspan, goidspanMain, temporaryFolder } from '../support/command.ts';
import { buildGo } from '../support/go-build.ts';
import { GoServer } from '../support/go-server.ts';
import { TracedServer } from '../support/traced-server.ts';

const acceptance = () => buildGo({ dir: 'test/fixtures/acceptance/server', name: 'acceptance-server' });
const about = { version: '0.1.0', startedAt: '', scope: { name: 'goidspan', version: '0.1.0' }, about: {} };
/** Starts a program as root without any capability. */
const WITHOUT_RIGHTS = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-all', '--inh-caps=-all'] : [];

/** Every kind of span, and every way in which one can end. */
async function exercise(server: GoServer, rounds: number): Promise<void> {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  for (let round = 0; round < rounds; round++) {
    const paths = [
      'get',
      'nested',
      'fanout',
      'refused',
      'cancelled',
      'panic',
      'abort',
      'goexit',
      'hijack',
      'h2',
    ];
    await Promise.all(paths.map((path) => server.get(`/${path}?id=${path}${round}&n=2`)));
    await server.get(`/get?id=remote${round}`, { headers: { traceparent, tracestate: 'a=1,b=2' } });
    await server.get('/sleep?ms=200&id=gone', { abandonAfterMs: 20 });
  }
}

/** One span a line, with its resource and scope: the same however spans were put into batches. */
function spanLines(path: string): string[] {
  interface Request {
    resourceSpans: { resource: unknown; scopeSpans: { scope: unknown; spans: unknown[] }[] }[];
  }
  return readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .flatMap((line) => (JSON.parse(line) as Request).resourceSpans)
    .flatMap(({ resource, scopeSpans }) =>
      scopeSpans.flatMap(({ scope, spans }) =>
        spans.map((span) => JSON.stringify({ resource, scope, span })),
      ),
    );
}

describeLive('a recording', () => {
  it.each(LEVELS)(
    'at level %s gives byte for byte the OTLP JSON of the live spans, ids included',
    async (level) => {
      const path = join(await temporaryFolder(), 'a.rec');
      const recorder = Recorder.create(path, about, (error) => expect.fail(error.message));
      const traced = await TracedServer.start(await acceptance(), { recorder, level });
      await exercise(traced.server, 5);
      // Open when the process is killed: ended from outside.
      void traced.server.get('/wait?id=open');
      void traced.server.get('/sleep?ms=60000&id=open');
      await new Promise((done) => setTimeout(done, 200));
      await traced.server.stop('SIGKILL');
      await eventually('the end of the target', 10_000, () =>
        traced.spans.some((span) => span.attributes['goidspan.span.ending'] === 'process_exited')
          ? true
          : undefined,
      );
      const stats = await traced.stop();
      recorder.close();

      const spans: ReadableSpan[] = [];
      const collect = {
        onEnd: (span: ReadableSpan) => void spans.push(span),
        forceFlush: async () => {},
        shutdown: async () => {},
      };
      const replayed = await replay([readFileSync(path)], { name: path, processors: [collect] });
      const json = (of: readonly ReadableSpan[]): string =>
        Buffer.from(JsonTraceSerializer.serializeRequest([...of]) ?? []).toString();
      expect(spans.length).toBeGreaterThan(60);
      expect(json(spans)).toBe(json(traced.spans));
      expect(spans.some(({ kind }) => kind === SpanKind.INTERNAL)).toBe(level !== 'spans');
      expect(spans.some(({ attributes }) => attributes['goidspan.breakdown'] !== undefined)).toBe(
        level !== 'spans',
      );
      const types = new Set(spans.map((span) => span.attributes['error.type']));
      expect([...types].some((type) => String(type).startsWith('*'))).toBe(true);
      expect(replayed).toMatchObject({ end: 'complete', spans: stats.spans.byKind, lost: {} });
      expect(replayed.recorded?.stats).toEqual(JSON.parse(JSON.stringify(stats)));
    },
  );
});

describeLive('goidspan record and goidspan replay', () => {
  it('make the same spans, the second without privileges', async () => {
    const folder = await temporaryFolder();
    const [recording, live, again] = ['a.rec', 'live.jsonl', 'again.jsonl'].map((name) =>
      join(folder, name),
    ) as [string, string, string];
    const command = goidspan(['record', '-o', recording, '--out', live, '--', await acceptance()]);
    const server = await GoServer.of(command);
    await exercise(server, 20);
    await new Promise((done) => setTimeout(done, 300));
    expect(await command.stop()).toBe(143);
    expect(command.stderr).toMatch(/^goidspan: recorded \d+ batches, \d+ bytes, to .*a\.rec$/m);
    // What the command wrote, and no traces.
    expect(command.stdout).not.toContain('└─');

    const [program = '', ...words] = [...WITHOUT_RIGHTS, process.execPath, goidspanMain];
    const replaying = new Child(program, [...words, 'replay', recording, '--out', again]);
    expect(await replaying.ended).toBe(0);
    expect(spanLines(again).sort()).toEqual(spanLines(live).sort());
    expect(replaying.stdout).toMatch(/GET \/get {2}200.*\n└─ → GET .*200.*\n {3}└─ GET \/leaf {2}200/);
    expect(replaying.stderr).toMatch(/^goidspan: summary\n {2}recorded .* by goidspan \d.*\n {2}spans {4}\d/);

    await replayDamaged(recording, folder);
  });

  it('lose at most the batch under way when the recorder is killed', async () => {
    const recording = join(await temporaryFolder(), 'a.rec');
    const server = await GoServer.start(await acceptance());
    const command = goidspan(['record', '-o', recording, '--pid', String(server.pid)]);
    await command.output(/attached to/);
    for (let i = 0; i < 50; i++) await server.get('/leaf');
    await new Promise((done) => setTimeout(done, 300));
    await command.stop('SIGKILL');
    await server.stop();
    const replaying = goidspan(['replay', recording]);
    expect(await replaying.ended).toBe(0);
    expect(replaying.stderr).toMatch(/^goidspan: .*a\.rec is cut short: replayed \d+ whole batches$/m);
    expect(replaying.stderr).toContain('spans    50 (server 50, client 0, internal 0)');
  });
});

/** What becomes of a real recording that was cut, damaged, or made by another version. */
async function replayDamaged(recording: string, folder: string): Promise<void> {
  const copy = join(folder, 'copy.rec');
  const replayed = async () => {
    const child = goidspan(['replay', copy, '--out', join(folder, 'copy.jsonl')]);
    return { code: await child.ended, stderr: child.stderr };
  };
  copyFileSync(recording, copy);
  truncateSync(copy, statSync(copy).size / 2);
  expect(await replayed()).toEqual({
    code: 0,
    stderr: expect.stringContaining('copy.rec is cut short: replayed'),
  });

  const bytes = readFileSync(recording);
  bytes.writeUInt8((bytes[bytes.length >> 1] as number) ^ 1, bytes.length >> 1);
  writeFileSync(copy, bytes);
  expect(await replayed()).toEqual({
    code: 1,
    stderr: expect.stringContaining('copy.rec is damaged: replayed'),
  });

  writeFileSync(copy, Buffer.concat([headerBytes(7), readFileSync(recording).subarray(HEADER_BYTES)]));
  expect(await replayed()).toEqual({
    code: 1,
    stderr: `goidspan: cannot replay ${copy}: its format has version 7, and this goidspan reads version 1 (use the goidspan that recorded it)\n`,
  });
}

describe('goidspan replay', () => {
  it.each([
    [
      '/no/such.rec',
      /^goidspan: cannot read \/no\/such\.rec: ENOENT.* \(name a file that goidspan record has/,
    ],
    ['/tmp', /^goidspan: cannot read \/tmp: EISDIR/],
    [goidspanMain, /^goidspan: cannot replay .*main\.js: it is not a recording/],
  ])('exits with 1 and says why for %s', async (path, message) => {
    const child = goidspan(['replay', path]);
    expect(await child.ended).toBe(1);
    expect(child.stderr).toMatch(message);
  });
});

describe('goidspan record', () => {
  it('exits with 1 before it attaches anything when the recording cannot be written', async () => {
    const child = goidspan(['record', '-o', '/no/such/a.rec', '--pid', '1']);
    expect(await child.ended).toBe(1);
    expect(child.stderr).toMatch(/^goidspan: cannot write the recording \/no\/such\/a\.rec: ENOENT/);
  });
});
