import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { Child } from '../support/child.ts';
import { goidspan, goidspanMain, readSummary, temporaryFolder } from '../support/command.ts';
import { buildGo } from '../support/go-build.ts';
import { GoServer } from '../support/go-server.ts';
import { jaegerTraces, peers, startCollector, startJaeger } from '../support/peers.ts';

const acceptance = () => buildGo({ dir: 'test/fixtures/acceptance/server', name: 'acceptance-server' });
const hello = () => buildGo({ dir: 'test/fixtures/acceptance/hello', name: 'acceptance-hello' });
const REQUESTS = 5_000;

describeWith([kernel, go], 'goidspan, live', () => {
  it('costs at most three hits for a plain keep-alive request', async () => {
    const folder = await temporaryFolder();
    const summaryFile = join(folder, 'summary.json');
    const command = goidspan([
      'run',
      '--summary',
      summaryFile,
      '--out',
      join(folder, 'out.jsonl'),
      '--',
      await hello(),
    ]);
    const server = await GoServer.of(command);
    for (let i = 0; i < REQUESTS; i++) await server.get('/');
    await server.stop();
    const { hits, spans, lost } = readSummary(summaryFile);
    expect(spans).toMatchObject({ exported: REQUESTS, byKind: { server: REQUESTS, client: 0 } });
    expect(lost.total).toBe(0);
    // What a connection and the start of the program cost once: below one hit in a hundred requests.
    expect(hits.total / REQUESTS).toBeLessThanOrEqual(3.01);
    expect(hits.byProbe).toMatchObject({ http_server_start: REQUESTS, http_server_end: REQUESTS });
  });

  it('sees the very first request of a command, and passes its output and exit code through', async () => {
    const folder = await temporaryFolder();
    const out = join(folder, 'out.jsonl');
    const script = `${await acceptance()} & pid=$!; sleep 0.3; kill $pid; exit 7`;
    const shell = goidspan(['run', '--', '/bin/sh', '-c', script]);
    expect(await shell.ended).toBe(7);
    expect(shell.stdout).toContain('listening');

    const command = goidspan(['run', '--out', out, '--', await acceptance()]);
    const server = await GoServer.of(command);
    await server.get('/get?id=first');
    expect(await command.stop('SIGINT')).toBe(130);
    const requests = readFileSync(out, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const names = requests.flatMap((request) =>
      request.resourceSpans.flatMap((r: { scopeSpans: { spans: { name: string }[] }[] }) =>
        r.scopeSpans.flatMap((s) => s.spans.map((span) => span.name)),
      ),
    );
    expect(names.sort()).toEqual(['GET', 'GET /get', 'GET /leaf'].sort());
  });

  it('traces a Go program that a shell script of the command starts', async () => {
    const folder = await temporaryFolder();
    const summaryFile = join(folder, 'summary.json');
    const command = goidspan([
      'run',
      '--summary',
      summaryFile,
      '--',
      '/bin/sh',
      '-c',
      `trap 'kill $!' TERM; "$0" & wait`,
      await acceptance(),
    ]);
    const server = await GoServer.of(command);
    await command.output(/attached to/);
    await server.get('/get?id=x');
    await command.stop();
    const summary = readSummary(summaryFile);
    expect(summary.spans.byKind).toEqual({ server: 2, client: 1, internal: 0 });
  });

  it('follows programs that match, as they start, end and start again', async () => {
    const folder = await temporaryFolder();
    const summaryFile = join(folder, 'summary.json');
    const binary = join(folder, 'server');
    copyFileSync(await acceptance(), binary);
    const command = goidspan([
      'attach',
      '--exe',
      binary,
      '--summary',
      summaryFile,
      '--out',
      join(folder, 'out.jsonl'),
    ]);
    await command.output(/waiting for/);
    const pids: number[] = [];
    for (let round = 1; round <= 3; round++) {
      const server = await GoServer.start(binary);
      await command.output(new RegExp(`attached to .*pid ${server.pid}\\b`));
      await server.get('/get?id=x');
      pids.push(server.pid);
      await server.stop(round === 2 ? 'SIGKILL' : 'SIGTERM');
      await command.output(new RegExp(`no longer tracing .*pid ${server.pid}\\b`));
    }
    expect(await command.stop()).toBe(0);
    const { targets, spans, lost } = readSummary(summaryFile);
    expect(targets.map((target) => [target.pid, target.spans])).toEqual(pids.map((pid) => [pid, 3]));
    expect(targets.every((target) => target.endedAt !== undefined)).toBe(true);
    expect([spans.exported, lost.total]).toEqual([9, 0]);
  });

  it('needs no more rights than CAP_BPF, CAP_PERFMON and CAP_SYS_PTRACE', async () => {
    const server = await GoServer.start(await acceptance());
    const rights = ['--bounding-set', '-all,+bpf,+perfmon,+sys_ptrace', '--inh-caps', '-all'];
    const command = new Child('setpriv', [
      ...rights,
      ...[process.execPath, goidspanMain, 'attach', '--pid', String(server.pid)],
    ]);
    await command.output(/attached to/);
    await server.get('/get?id=x');
    expect(await command.stop()).toBe(0);
    expect(command.stderr).toMatch(/spans +3 /);
    await server.stop();
  });

  it('leaves the program running when it is stopped, and can be attached again', async () => {
    const server = await GoServer.start(await acceptance());
    for (let round = 1; round <= 2; round++) {
      const command = goidspan(['attach', '--pid', String(server.pid)]);
      await command.output(/attached to/);
      await server.get('/get?id=x');
      expect(await command.stop('SIGINT')).toBe(0);
      expect(command.stdout).toMatch(/GET \/get {2}200.*\n└─ → GET .*200.*\n {3}└─ GET \/leaf {2}200/);
      expect((await server.get('/leaf')).status).toBe(200);
    }
    await server.stop();
  });
});

describeWith([kernel, go, peers], 'goidspan, the collector and Jaeger', () => {
  it.each([
    ['grpc', 'otlpGrpc'],
    ['http/protobuf', 'otlpHttp'],
  ] as const)('show the tree of a request that was sent by %s', async (protocol, endpoint) => {
    const jaeger = await startJaeger();
    const collector = await startCollector({ forwardTo: jaeger.otlpGrpc });
    const command = goidspan(['run', '--service-name', 'acceptance', '--', await acceptance()], {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector[endpoint],
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
    });
    const server = await GoServer.of(command);
    await server.get('/nested?depth=3&id=tree', {
      headers: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
    });
    await server.get('/outlive?delay=20&id=link');
    await new Promise((done) => setTimeout(done, 200));
    await command.stop();
    const traces = await jaegerTraces(jaeger, 'acceptance', {
      until: (found) => found.flatMap((trace) => trace.spans).length >= 6,
    });
    const spans = traces.flatMap((trace) => trace.spans);
    const tree = traces.find((trace) => trace.traceId === '0af7651916cd43dd8448eb211c80319c');
    const byName = (name: string) => tree?.spans.find((span) => span.name === name);
    expect(byName('GET /nested')?.parentSpanId).toBe('b7ad6b7169203331');
    expect(byName('GET')?.parentSpanId).toBe(byName('GET /nested')?.spanId);
    expect(byName('GET /leaf')?.parentSpanId).toBe(byName('GET')?.spanId);
    expect(byName('GET /nested')?.attributes).toMatchObject({
      'span.kind': 'server',
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'http.route': '/nested',
      'url.path': '/nested',
      'network.protocol.version': '1.1',
    });
    expect(byName('GET /nested')?.resource).toMatchObject({
      'process.runtime.name': 'go',
      'telemetry.sdk.language': 'go',
    });
    const outlived = spans.find((span) => span.name === 'GET /outlive');
    expect(spans.filter((span) => span.links.some((link) => link.spanId === outlived?.spanId))).toHaveLength(
      1,
    );
    await collector.stop();
    await jaeger.stop();
  });
});
