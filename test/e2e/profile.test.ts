/** Profiles of a real service whose work is known: beside Go's own, by request, live and from a recording. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Profile as PprofProfile } from 'pprof-format';
import { expect, it, onTestFinished } from 'vitest';
import { families, isWithin } from '../../src/probes/families.ts';
import { traceEvents } from '../../src/profile/chrome-trace.ts';
import { CodeEvents } from '../../src/profile/code-events.ts';
import { functionTotals } from '../../src/profile/function-totals.ts';
import { decodeGoProfile } from '../../src/profile/go-profile.ts';
import type { Profile } from '../../src/profile/profile.ts';
import { profileOf } from '../../src/profile/profile-of.ts';
import { Recorder } from '../../src/recording/recorder.ts';
import type { TargetInfo } from '../../src/tracer/api.ts';
import { replay } from '../../src/tracer/replay.ts';
import { describeLive } from '../support/capabilities.ts';
import { goidspan, temporaryFolder } from '../support/command.ts';
import { buildGo } from '../support/go-build.ts';
import { GoServer } from '../support/go-server.ts';
import { attachedIds, programName } from '../support/held-programs.ts';
import { readableSpansOf } from '../support/otlp-proto.ts';
import { ScriptedSink } from '../support/scripted-sink.ts';
import { TracedServer } from '../support/traced-server.ts';

const timeout = 180_000;
/** Few samples vary, and others want the processors. */
const retry = 2;

/** Shares of the work of a request, by the function that does it. */
const truth: Readonly<Record<string, number>> = {
  'main.work24': 0.24,
  'main.work18': 0.18,
  'main.work14': 0.14,
  'main.work11': 0.11,
  'main.work9': 0.09,
  'main.work7': 0.07,
  'main.(*calculator).work6': 0.06,
  'main.work5[...]': 0.05,
  'main.work4': 0.04,
  'main.work2': 0.02,
};
const pointsWithin = 0.05;

async function start(): Promise<GoServer> {
  const binary = await buildGo({ dir: 'test/fixtures/profile', name: 'profile' });
  const server = await GoServer.start(binary, { GOMAXPROCS: '1' });
  onTestFinished(() => server.stop());
  return server;
}

/** Requests one after the other, on each lane, until it is stopped. */
function load(server: GoServer, ...paths: readonly string[]): () => Promise<void> {
  let isOver = false;
  const lanes = paths.map(async (path) => {
    while (!isOver) expect((await server.get(path)).status).toBe(200);
  });
  return async () => {
    isOver = true;
    await Promise.all(lanes);
  };
}

/** Labels and functions of each sample, as another reader sees them. */
function readPprof(file: string) {
  const {
    stringTable,
    sample,
    location,
    function: functions,
  } = PprofProfile.decode(gunzipSync(readFileSync(file)));
  const text = (index: number | bigint): string => stringTable.strings[Number(index)] ?? '';
  const names = new Map(functions.map(({ id, name }) => [id, text(name)]));
  const lines = new Map(
    location.map(({ id, line }) => [id, line.map((of) => names.get(of.functionId) ?? '')]),
  );
  return sample.map(({ locationId, value, label }) => ({
    functions: locationId.flatMap((id) => lines.get(id) ?? []),
    values: value.map(Number),
    labels: Object.fromEntries(label.map(({ key, str, num }) => [text(key), text(str) || Number(num)])),
  }));
}

const isHex = (digits: number) => new RegExp(`^[0-9a-f]{${digits}}$`);

describeLive('goidspan profile', () => {
  it("agrees with the truth and with Go's own profile in the ten busiest functions, and says of which request each sample is", {
    timeout,
    retry,
  }, async () => {
    const server = await start();
    const traceIds = new Set<string>();
    const sink = await ScriptedSink.start({
      protocol: 'grpc',
      script: ({ path, message }) => {
        const spans = path.includes('TraceService') ? readableSpansOf(message) : [];
        for (const span of spans) traceIds.add(span.spanContext().traceId);
        return 'accept';
      },
    });
    onTestFinished(() => sink.close());
    const stop = load(server, '/job/a', '/job/b');
    const file = join(await temporaryFolder(), 'shop.pb.gz');
    // Go looks at it a hundred times in a second on a processor; of a thousand samples a quarter varies by 1.4 points.
    const rate = await cpuRate(server.pid);
    const duration = ['--duration', String(Math.min(60, Math.ceil(10 / rate))), '--hz', '499'];
    const goProfile = ['--go-profile', new URL(server.url).host];
    const profile = goidspan(
      ['profile', '--pid', String(server.pid), ...duration, ...goProfile, '-o', file],
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      },
    );
    const code = await profile.ended;
    await stop();
    expect([code, profile.stdout], profile.stderr).toEqual([0, '']);

    const said = /agree within (\d+) ns: the largest difference is ([\d.]+) points/.exec(profile.stderr);
    expect(Number(said?.[1])).toBeLessThanOrEqual(500);
    expect(Number(said?.[2]), profile.stderr).toBeLessThanOrEqual(100 * pointsWithin);
    const [ours, go] = [file, file.replace('.pb.gz', '.go.pb.gz')].map((path) =>
      decodeGoProfile(gunzipSync(readFileSync(path))),
    ) as [ReturnType<typeof decodeGoProfile>, ReturnType<typeof decodeGoProfile>];
    for (const { profile: made, cpu } of [ours, go]) {
      const shares = sharesOf(made, cpu);
      for (const [name, share] of Object.entries(truth))
        expect(Math.abs((shares.get(name) ?? 0) - share), `${name} of ${profile.stderr}`).toBeLessThan(
          pointsWithin,
        );
    }

    const samples = readPprof(file);
    const worked = samples.filter(
      ({ functions, values }) => functions.includes('main.work') && values[0] !== 0,
    );
    expect(worked.length).toBeGreaterThan(100);
    const labelled = worked.filter(({ labels }) => labels['route'] === 'GET /job/{kind}');
    expect(labelled.length / worked.length).toBeGreaterThan(0.95);
    for (const { labels, functions } of labelled) {
      expect(labels).toMatchObject({
        state: expect.stringMatching(/^(cpu|gc\.assist)$/),
        goid: expect.any(Number),
        span_id: expect.stringMatching(isHex(16)),
      });
      expect([...traceIds]).toContain(labels['trace_id']);
      // As Go prints a stack.
      expect(functions.slice(functions.indexOf('main.work'))).toEqual([
        'main.work',
        ...[
          'net/http.HandlerFunc.ServeHTTP',
          'net/http.(*ServeMux).ServeHTTP',
          'net/http.serverHandler.ServeHTTP',
        ],
        ...['net/http.(*conn).serve', 'runtime.goexit'],
      ]);
    }
    const inlined = worked.find(({ functions }) => functions.includes('main.work7'));
    expect(inlined?.functions.join()).toContain('main.work7,main.callsWork7,main.work');

    const folder = await temporaryFolder();
    const pprof = (...args: string[]): string =>
      execFileSync('go', ['tool', 'pprof', ...args, file], {
        encoding: 'utf8',
        stdio: 'pipe',
        maxBuffer: 64 << 20,
        env: { ...process.env, PPROF_TMPDIR: folder },
      });
    expect(pprof('-top')).toMatch(/^Type: cpu$[\s\S]*main\.work24$/m);
    expect(pprof('-top', '-tagfocus=route=GET /job/{kind}')).toContain('main.work18');
    expect(pprof('-raw')).toMatch(/^cpu\/nanoseconds\[dflt\] samples\/count wait\/nanoseconds$/m);
  });

  it('says the same of a recording, at the rate that was asked for, what the kernel did and what was waited for included', {
    timeout,
    retry,
  }, async () => {
    const server = await start();
    const file = join(await temporaryFolder(), 'shop.rec');
    const start0 = {
      version: '0',
      startedAt: new Date().toISOString(),
      scope: { name: 'x', version: '0' },
      about: {},
    };
    const recorder = Recorder.create(file, start0, (error) => expect.unreachable(error.message));
    const [live, replayed] = [new CodeEvents(), new CodeEvents()];
    const hz = 199;
    const traced = await TracedServer.of(server, {
      ...{ level: 'cpu', codeSink: live, recorder, profileHz: hz },
      onEvent: (event) => expect(event.kind === 'warning' ? event.message : '').toBe(''),
    });
    const attached = attachedIds().map(programName);
    const before = cpuSeconds(server.pid);
    const stop = load(server, '/job/a', '/waits', '/waits', '/reads');
    await new Promise((done) => setTimeout(done, 4_000));
    await stop();
    const spent = cpuSeconds(server.pid) - before;
    expect((await traced.stop()).lost.total).toBe(0);
    recorder.close();

    const processes = new Map<number, TargetInfo>();
    await replay([readFileSync(file)], {
      name: file,
      processors: [],
      codeSink: replayed,
      onTarget: (target) => processes.set(target.targetId, target),
    });
    const [made, again] = [live, replayed].map((events) => profileOf(events, {}, { processes })) as [
      ReturnType<typeof profileOf>,
      ReturnType<typeof profileOf>,
    ];
    expect(made.samples).toBeGreaterThan(100);
    expect({ ...again, profile: linesOf(again.profile) }).toEqual({
      ...made,
      profile: linesOf(made.profile),
    });
    expect([made.unknown, made.cut]).toEqual([0, 0]);

    const sampled = functionTotals(made.profile, 0).total / 1e9;
    expect(Math.abs(sampled / spent - 1), `${sampled} s of ${spent} s`).toBeLessThan(0.1);
    const period = live.all.find((event) => event.kind === 'sample')?.periodNs;
    expect(period).toBe(Math.round(1e9 / hz));

    const lines = linesOf(made.profile);
    expect(lines.filter((line) => /\[kernel\].*main\.reads/.test(line)).length).toBeGreaterThan(0);
    expect(
      lines.filter((line) => /time\.Sleep,main\.waits.*"state":"sleep"/.test(line)).length,
    ).toBeGreaterThan(0);
    expect(
      lines.filter((line) => /sync\.\(\*Mutex\)\.Lock.*main\.waits.*"state":"mutex"/.test(line)).length,
    ).toBeGreaterThan(0);
    const { events } = traceEvents(live, { processes });
    for (const category of ['span', 'wait', 'sample'])
      expect(events.some(({ cat, args }) => cat === category && args?.['trace_id'] !== undefined)).toBe(true);

    // It costs the target no hit: what it adds is a clock of the processors.
    const deepest = families.filter(({ level }) => !isWithin(level, 'runtime'));
    expect(deepest.flatMap(({ hooks }) => hooks)).toEqual([]);
    expect(attached.filter((name) => deepest.some(({ tracepoints }) => tracepoints?.includes(name)))).toEqual(
      ['cpu_sample'],
    );

    const folded = goidspan(['profile', file, '--format', 'folded', '--route', '/reads']);
    expect(await folded.ended, folded.stderr).toBe(0);
    expect(folded.stdout).toMatch(
      /^runtime\.goexit;net\/http\.\(\*conn\)\.serve;.*;main\.reads;.*_\[k\] \d+$/m,
    );
    expect(folded.stdout).not.toContain('main.work24');
    const speedscope = goidspan(['profile', file, '--format', 'speedscope', '-o', '-']);
    expect(await speedscope.ended, speedscope.stderr).toBe(0);
    expect(JSON.parse(speedscope.stdout).profiles.map(({ name }: { name: string }) => name)).toEqual([
      'cpu',
      'samples',
      'wait',
    ]);
    const none = goidspan(['profile', file, '--route', '/none', '-o', '-']);
    expect([await none.ended, none.stdout]).toEqual([1, '']);
    expect(none.stderr).toMatch(/no sample: \d+ were taken, but none belongs to what was asked for/);
  });

  it('costs requests no hit', { timeout, retry }, async () => {
    const traced = await TracedServer.of(await start(), { level: 'runtime', kernel: { level: 'cpu' } });
    const hits = { runtime: 0, cpu: 0 };
    const requests = 150;
    for (const level of ['runtime', 'cpu', 'runtime', 'cpu'] as const) {
      await traced.tracer.setLevel(level);
      const before = (await traced.tracer.stats()).hits.total;
      for (let sent = 0; sent < requests; sent++) await traced.server.get('/waits');
      hits[level] += (await traced.tracer.stats()).hits.total - before;
    }
    await traced.stop();
    expect(hits.runtime).toBeGreaterThan(5 * 2 * requests);
    // How often goroutines are switched varies.
    expect((hits.cpu - hits.runtime) / (2 * requests)).toBeLessThan(0.5);
  });

  it('says why there is none', { timeout }, async () => {
    const server = await start();
    const folder = await temporaryFolder();
    const file = join(folder, 'spans.rec');
    const recorder = goidspan(['record', '--level', 'runtime', '-o', file, '--pid', String(server.pid)]);
    await recorder.output(/attached to/);
    await server.get('/waits');
    await recorder.stop('SIGINT');
    const shallow = goidspan(['profile', file]);
    expect([await shallow.ended, shallow.stdout]).toEqual([1, '']);
    expect(shallow.stderr).toContain('has none (record it with --level cpu)');
    const idle = goidspan([
      'profile',
      '--pid',
      String(server.pid),
      '--duration',
      '0.2',
      '-o',
      join(folder, 'x'),
    ]);
    expect(await idle.ended, idle.stderr).toBe(1);
    expect(idle.stderr).toContain('no sample: the program was on no processor when these were looked at');
    writeFileSync(join(folder, 'no.rec'), 'no');
    const bad = goidspan(['profile', join(folder, 'no.rec')]);
    expect(await bad.ended).toBe(1);
    expect(bad.stderr).toContain('it is not a recording');
    const nobody = goidspan(['profile', '--pid', '4194304']);
    expect(await nobody.ended, nobody.stderr).toBe(3);
    expect(nobody.stderr).toContain('nothing was attached: there is nothing to profile');
  });
});

/** Of the work that is known, by its function. */
function sharesOf(profile: Profile, value: number): ReadonlyMap<string, number> {
  const { functions } = functionTotals(profile, value, { ofProgram: true });
  const known = functions.filter(({ function: name }) => name in truth);
  const total = known.reduce((sum, { self }) => sum + self, 0);
  return new Map(known.map(({ function: name, self }) => [name, self / total]));
}

/** A line for each stack with its labels and values, in an order of their own. */
function linesOf({ frames, samples }: Profile): string[] {
  return [...samples]
    .map(({ stack, labels, values }) => {
      const names = stack.map((index) => {
        const { function: name = '', file = '' } = frames[index] ?? {};
        return file === '[kernel]' ? `${name} [kernel]` : name;
      });
      return `${names.join()} ${JSON.stringify(labels)} ${values.join()}`;
    })
    .sort();
}

/** So much of a processor it has now. */
async function cpuRate(pid: number): Promise<number> {
  const [before, from] = [cpuSeconds(pid), performance.now()];
  await new Promise((done) => setTimeout(done, 1_500));
  return ((cpuSeconds(pid) - before) / (performance.now() - from)) * 1e3;
}

/** What a process has had of the processors. */
function cpuSeconds(pid: number): number {
  const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
  const [user, system] = fields.split(' ').slice(11, 13).map(Number) as [number, number];
  return (user + system) / 100;
}
