import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { inspectCommand } from '../../src/cli/inspect-command.ts';
import type { Inspection, ProgramFacts } from '../../src/cli/inspection.ts';
import { families } from '../../src/probes/families.ts';
import { COST_BY_CLASS } from '../../src/probes/hit-cost.ts';
import { Child } from '../support/child.ts';
import { temporaryFolder } from '../support/command.ts';
import { buildGo } from '../support/go-build.ts';
import { GoServer } from '../support/go-server.ts';
import { localPlain, netHttpBuilds } from '../support/nethttp-builds.ts';
import { buildOrSkip, needGo } from '../support/skip.ts';
import { RecordingTerminal } from './recording-terminal.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

async function inspect(program: string | number, asJson = false) {
  const terminal = new RecordingTerminal();
  const startedAt = performance.now();
  const code = await inspectCommand({ kind: 'inspect', program, asJson }, terminal);
  return { code, stdout: terminal.stdout, stderr: terminal.stderr, ms: performance.now() - startedAt };
}

async function inspectAsJson(program: string | number) {
  const { code, stdout, stderr } = await inspect(program, true);
  return { code, stderr, inspection: JSON.parse(stdout) as Inspection };
}

describe.each(netHttpBuilds)('inspect of $name', (build) => {
  it('finds every required hook, says what each costs, and takes less than 300 ms', async (context) => {
    const binary = await buildOrSkip(context, build);
    const { code, stderr, inspection } = await inspectAsJson(binary);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(inspection).toMatchObject({
      formatVersion: 1,
      path: binary,
      pid: null,
      loadBias: null,
      traceable: true,
      refusal: null,
      program: {
        modulePath: 'goidspan.test/nethttp',
        goVersionFoundIn: 'build_info',
        architecture: 'amd64',
        pie: build.isPie,
        cgo: build.cgo ?? false,
        openTelemetry: {
          api: false,
          sdk: false,
          autoSdk: false,
          foundIn: [],
          sdkVersion: null,
          joined: false,
          instrumentations: [],
        },
        plainRequest: { hits: 3 },
      },
    });
    const program = inspection.program as ProgramFacts;
    const isMissing = program.hooks.filter((hook) => hook.need === 'required' && !hook.found);
    // The fixture links none of these libraries.
    expect(
      isMissing.map((hook) => hook.hook).filter((hook) => !/^(db|grpc|sdk|http_fiber)_/.test(hook)),
    ).toEqual([]);
    for (const hook of program.hooks) {
      expect(hook.found).toBe(hook.missing === null);
      for (const site of hook.sites) {
        expect(site.instruction).not.toBe('');
        expect(site.costNs?.max).toBeGreaterThanOrEqual(COST_BY_CLASS.nop5.min);
      }
    }
    const times = [await inspect(binary), await inspect(binary), await inspect(binary)].map(({ ms }) => ms);
    expect(Math.min(...times)).toBeLessThan(300);
  });
});

describe('inspect', () => {
  it('lays out one row a site, then what is missing, then the cost of a request', async (context) => {
    const binary = await buildOrSkip(context, localPlain);
    const { stdout } = await inspect(binary);
    const lines = stdout.split('\n');
    expect(lines[0]).toBe(`program        ${binary}`);
    expect(stdout).toMatch(/^Go {13}go1\.\d+(\.\d+)? \(build info\)$/m);
    expect(stdout).toMatch(/^hook +file offset +instruction +class +a hit +in$/m);
    expect(stdout).toMatch(
      /^http_server_start +0x[0-9a-f]+ +push rbp +emulated +0\.61–0\.75 µs +net\/http\.serverHandler\.ServeHTTP$/m,
    );
    expect(stdout).toMatch(
      /^a plain keep-alive request to it: 3 hits, \d\.\d\d–\d\.\d\d µs\n {2}at level waits: 9\.1 hits, \d\.\d\d–\d\.\d\d µs$/m,
    );
    expect(stdout).toMatch(
      /^level waits\ngoroutine_park +0x[0-9a-f]+ +push rbp +emulated .* runtime\.gopark$/m,
    );
    expect(stdout).toMatch(/^io_uring {7}not used: no package for it is linked$/m);
    const columns = lines.filter((line) => /^(hook|goroutine_birth|http_server_end) /.test(line));
    expect(new Set(columns.map((line) => line.search(/0x|file offset/))).size).toBe(1);
  });

  it('says what a level costs, or why the program cannot be looked at that deep', async (context) => {
    const binary = await buildOrSkip(context, localPlain);
    const { inspection } = await inspectAsJson(binary);
    const [spans, waits] = inspection.program?.levels ?? [];
    expect(spans).toEqual({ level: 'spans', missing: null, plainRequest: inspection.program?.plainRequest });
    expect(waits).toMatchObject({ level: 'waits', missing: null });
    expect(waits?.plainRequest?.hits).toBeGreaterThan(spans?.plainRequest?.hits ?? 0);

    const other = join(await temporaryFolder(), 'other');
    const content = readFileSync(binary);
    content.write('XX', content.indexOf('GC assist marking'), 'latin1');
    writeFileSync(other, content);
    const missing = 'no level waits: it has no table of the reasons why goroutines wait';
    const { inspection: lacking } = await inspectAsJson(other);
    expect(lacking.program?.levels[1]).toEqual({ level: 'waits', missing, plainRequest: null });
    expect(lacking.program?.hooks.find((hook) => hook.hook === 'goroutine_park')).toMatchObject({
      level: 'waits',
      found: false,
      missing,
    });
    const { stdout } = await inspect(other);
    expect(stdout).toMatch(new RegExp(`^a plain .*\\n {2}${missing}\\n`, 'm'));
    expect(stdout).not.toContain('goroutine_park');
  });

  it('names every hook of every family once', async (context) => {
    const { inspection } = await inspectAsJson(await buildOrSkip(context, localPlain));
    expect(inspection.program?.hooks.map((hook) => hook.hook)).toEqual(
      families.flatMap((family) => family.hooks.map((hook) => hook.name)),
    );
  });

  it('exits with 3 for a Go program without net/http, and still says what was looked for', async (context) => {
    needGo(context);
    const binary = await buildGo({ dir: 'test/fixtures/binary/hello', name: 'hello' });
    const { code, stdout, stderr } = await inspect(binary);
    expect(code).toBe(3);
    expect(stdout).toContain('no function net/http.serverHandler.ServeHTTP\n    without it: server requests');
    expect(stderr).toMatch(
      /^cannot trace \S+: it has none of http_server, .* \(it makes no spans; does the program use net\/http, and is it not obfuscated\?\)\n$/,
    );
    const { inspection } = await inspectAsJson(binary);
    expect(inspection).toMatchObject({
      traceable: false,
      refusal: { code: 'not_supported_binary', message: stderr.trimEnd() },
      program: { plainRequest: null },
    });
  });

  it.each([
    ['/no/such/file', 'bad_binary', /^cannot read \/no\/such\/file: ENOENT.* \(check the path/],
    [root, 'bad_binary', /^cannot read .*: not a regular file \(name an executable file\)$/],
    [process.execPath, 'not_go', /^cannot trace .*: not a Go program/],
    [join(root, 'package.json'), 'bad_binary', /package\.json/],
    [4_194_304, 'no_such_process', /^cannot attach to pid 4194304: no such process/],
  ])('exits with 3 and the reason for %s', async (program, code, message) => {
    const { code: exitCode, stderr, inspection } = await inspectAsJson(program);
    expect(exitCode).toBe(3);
    expect(inspection).toMatchObject({ traceable: false, program: null, refusal: { code } });
    expect(inspection.refusal?.message).toMatch(message);
    expect(stderr).toBe(`${inspection.refusal?.message}\n`);
    expect((await inspect(program)).stdout).toBe('');
  });

  it('lists what it would attach to an arm64 program, without costs, and where that can be', async (context) => {
    const binary = await buildOrSkip(context, { ...localPlain, name: 'nethttp-local-arm64', arch: 'arm64' });
    const { code, stdout, stderr } = await inspect(binary);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /^http_server_start +0x[0-9a-f]+ +\S.* +\? +net\/http\.serverHandler\.ServeHTTP$/m,
    );
    expect(stdout).toContain(
      'a plain keep-alive request to it: 3 hits\n  at level waits: 9.1 hits\n  at level runtime: 9.8 hits\n  at level cpu: 9.8 hits\nWhat a hit costs was measured on amd64 only.\n' +
        'It is traced on arm64 hosts only, of which this is none.\n',
    );
  });

  it('exits with 3 for a program that was cut short', async (context) => {
    const binary = await buildOrSkip(context, localPlain);
    const cut = join(await temporaryFolder(), 'cut');
    writeFileSync(cut, readFileSync(binary).subarray(0, 1 << 20));
    const { code, stderr } = await inspect(cut);
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining(cut) });
  });

  it('reads the program of a process and says where it was loaded', async (context) => {
    needGo(context);
    const flags = ['-buildmode=pie'];
    const dir = 'test/fixtures/acceptance/hello';
    const binary = await buildGo({ dir, name: 'acceptance-hello-pie', flags });
    const server = await GoServer.of(new Child(binary, []));
    const { code, inspection } = await inspectAsJson(server.pid);
    await server.stop();
    expect(code).toBe(0);
    expect(inspection).toMatchObject({ path: binary, pid: server.pid, program: { pie: true } });
    expect(inspection.loadBias).toBeGreaterThan(0);
  });

  for (const { build, facts, text } of [
    {
      build: { dir: 'test/fixtures/otel-api', name: 'otel-api' },
      facts: { api: true, sdk: false, autoSdk: true, sdkVersion: null, joined: false },
      text: /^OpenTelemetry +API only, with \S+\/otelhttp \(build info, functions\): no SDK whose spans could be joined; spans of auto\/sdk are left alone$/m,
    },
    {
      build: { dir: 'test/fixtures/sdk', name: 'sdk-1.47' },
      facts: { api: true, sdk: true, autoSdk: true, sdkVersion: 'v1.47.0', joined: true },
      text: /^OpenTelemetry +SDK v1\.47\.0, with \S+\/otelhttp \(build info, functions\): its spans are joined$/m,
    },
  ]) {
    it(`says what of OpenTelemetry is in ${build.name}, and what becomes of it`, async (context) => {
      const binary = await buildOrSkip(context, build);
      const { inspection } = await inspectAsJson(binary);
      expect((inspection.program as ProgramFacts).openTelemetry).toMatchObject(facts);
      expect((await inspect(binary)).stdout).toMatch(text);
    });
  }

  for (const [path, hits, facts] of [
    // In programs that copy requests a fourth hit finds the route, and one more that of gorilla/mux.
    [
      '.cache/peers/jaeger',
      5,
      { modulePath: 'github.com/jaegertracing/jaeger', openTelemetry: { sdk: true, joined: true } },
    ],
    ['.cache/peers/otelcol', 4, { stripped: true, openTelemetry: { sdk: true, joined: true } }],
    ['node_modules/@esbuild/linux-x64/bin/esbuild', 3, { goVersion: null, stripped: true }],
  ] as const) {
    it(`finds what a request needs in ${path}`, async (context) => {
      if (!existsSync(join(root, path))) context.skip(`no ${path} here`);
      const { code, inspection } = await inspectAsJson(join(root, path));
      expect(code).toBe(0);
      expect(inspection.program).toMatchObject({ ...facts, plainRequest: { hits } });
    });
  }
});
