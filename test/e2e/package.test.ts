import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { nodeOf } from '../../.scripts/lib/nodes.mjs';
import { describeLive } from '../support/capabilities.ts';
import { Child } from '../support/child.ts';
import { isFullRun } from '../support/full-run.ts';
import { buildGo } from '../support/go-build.ts';
import { GoServer } from '../support/go-server.ts';
import { type Packed, Project, pack } from '../support/installed.ts';
import { ScriptedSink } from '../support/scripted-sink.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const CELL_MS = 240_000;

/** A line of the SDK as a project installs it. */
interface Line {
  readonly name: string;
  readonly packages: readonly string[];
  /** Where the provider comes from, and its class. */
  readonly sdk: string;
  readonly provider: string;
  readonly nodes: readonly number[];
}

const sdk2 = {
  sdk: '@opentelemetry/sdk-trace-base',
  provider: 'BasicTracerProvider',
  nodes: [20, 22, 24, 26],
};
const lines: readonly Line[] = [
  { ...sdk2, name: '2.0', packages: ['@opentelemetry/sdk-trace-base@2.0.0', '@opentelemetry/api@1.9.0'] },
  { ...sdk2, name: '2.12', packages: ['@opentelemetry/sdk-trace-base@2.12.1', '@opentelemetry/api@1.9.1'] },
  {
    name: '3.1',
    packages: ['@opentelemetry/sdk-trace@3.1.1', '@opentelemetry/api@1.10.0'],
    sdk: '@opentelemetry/sdk-trace',
    provider: 'TracerProvider',
    // SDK 3 itself needs 22.15.
    nodes: [22, 24, 26],
  },
];

/** The oldest line and the newest; what is between is what all other tests run with. All of them on demand. */
const covering = ['2.0 on 26', '3.1 on 24'];
const cells = lines
  .flatMap((line) => line.nodes.map((node) => ({ line, node, name: `${line.name} on ${node}` })))
  .filter(({ name }) => isFullRun || covering.includes(name));

const nodeSdks = [
  {
    name: '0.223',
    packages: ['@opentelemetry/sdk-node@0.223.0', '@opentelemetry/exporter-trace-otlp-grpc@0.223.0'],
    node: 20,
  },
  {
    name: '0.301',
    packages: ['@opentelemetry/sdk-node@0.301.0', '@opentelemetry/exporter-trace-otlp-grpc@0.301.0'],
    node: 22,
  },
];

/**
 * The same program in both module kinds: own span and those of the Go process of `argv`, by exporter and by processor; then
 * by OTLP, from the thread and, for the own ones, from each class that can be used alone.
 */
function program(kind: 'mjs' | 'cjs', { sdk, provider }: Line): string {
  const names = `{ ${provider}: Provider, BatchSpanProcessor, InMemorySpanExporter }`;
  const load =
    kind === 'mjs'
      ? `import * as goidspan from 'goidspan';\nimport * as sdk from '${sdk}';\nconst ${names} = sdk;`
      : `const goidspan = require('goidspan');\nconst ${names} = require('${sdk}');`;
  const batchOf = (exporter: string): string =>
    sdk.endsWith('-base')
      ? `new BatchSpanProcessor(${exporter})`
      : `new BatchSpanProcessor({ exporter: ${exporter} })`;
  const out = kind === 'mjs' ? 'exporter' : `processor: ${batchOf('exporter')}`;
  return `${load}
const { GoidSpanProcessor, GoidOtlpExporter, GoidBatchSpanProcessor } = goidspan;
const [, , pid, url, collector] = process.argv;
const otlp = { url: collector, protocol: 'grpc' };

async function send(processor) {
  const provider = new Provider({ spanProcessors: [processor] });
  await provider.forceFlush();
  provider.getTracer('app').startSpan('own').end();
  if (processor instanceof GoidSpanProcessor) await (await fetch(url)).text();
  await provider.shutdown();
}

async function main() {
  const exporter = new InMemorySpanExporter();
  const plugin = new GoidSpanProcessor({ targets: { pid: Number(pid) }, ${out} });
  const provider = new Provider({ spanProcessors: [plugin] });
  await provider.forceFlush();
  provider.getTracer('app').startSpan('own').end();
  for (let i = 0; i < 5; i++) await (await fetch(url)).text();
  await provider.forceFlush();
  const names = exporter.getFinishedSpans().map((span) => span.name).sort();
  await provider.shutdown();
  const byOtlp = new GoidSpanProcessor({ targets: { pid: Number(pid) }, otlp });
  await send(byOtlp);
  await send(new GoidBatchSpanProcessor(otlp));
  await send(${batchOf('new GoidOtlpExporter(otlp)')});
  const { exports, queue } = byOtlp.status();
  console.log(JSON.stringify({ node: process.version, names, status: plugin.status(), exports, queue }));
}
main();
`;
}

/** What TypeScript has to accept: ours where theirs is wanted, and theirs where ours is. */
const typed = ({ sdk }: Line): string => `
import { GoidBatchSpanProcessor, GoidOtlpExporter, GoidSpanProcessor, type ReadableSpan } from 'goidspan';
import type { ReadableSpan as SdkSpan, SpanExporter, SpanProcessor } from '${sdk}';
declare const exporter: SpanExporter;
declare const processor: SpanProcessor;
declare const span: ReadableSpan;
export const first: SpanProcessor = new GoidSpanProcessor({ targets: { pid: 1 }, exporter });
export const second: SpanProcessor = new GoidSpanProcessor({ targets: async () => [{ exe: '/srv/*' }], processor });
export const third: SpanProcessor = new GoidBatchSpanProcessor({ compression: 'gzip', stats: (event) => event.kind });
export const fourth: SpanExporter = new GoidOtlpExporter();
export const theirs: SdkSpan = span;
`;

describeLive('the package, installed', () => {
  let folder: string;
  let packed: Packed;
  let server: GoServer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'goidspan-pack-'));
    packed = await pack(folder);
    server = await GoServer.start(
      await buildGo({ dir: 'test/fixtures/acceptance/server', name: 'acceptance-server' }),
    );
  });

  afterAll(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const projectOf = async (node: number, packages: readonly string[]): Promise<Project> => {
    const project = await Project.create(await nodeOf(node), [packed.tarball, ...packages]);
    onTestFinished(() => project.remove());
    return project;
  };

  it.each(cells)(
    'works with SDK $name, as ESM and as CommonJS, for TypeScript too',
    { timeout: CELL_MS },
    async (cell) => {
      const { line, node } = cell;
      // The SDK's own types need those of Node.
      const project = await projectOf(node, [...line.packages, '@types/node@20']);
      expect(await project.copiesOf('@opentelemetry/api')).toContain('@opentelemetry/api');
      const collector = await ScriptedSink.start({ protocol: 'grpc' });
      onTestFinished(() => collector.close());
      for (const kind of ['mjs', 'cjs'] as const) {
        await project.write(`app.${kind}`, program(kind, line));
        const args = [`app.${kind}`, String(server.pid), `${server.url}/get?id=x`, collector.url];
        const said = JSON.parse(await project.run(args));
        expect(said.node).toMatch(new RegExp(`^v${node}\\.`));
        expect(said.names).toEqual([
          ...Array(5).fill('GET'),
          ...Array(5).fill('GET /get'),
          ...Array(5).fill('GET /leaf'),
          'own',
        ]);
        expect(said.status).toMatchObject({ state: 'closed', stats: { lost: { total: 0 } } });
        // The own span and three of the Go program.
        expect(said.exports).toEqual({ handed: 4, exported: 4, lostByReason: {} });
        expect(said.queue).toMatchObject({ spans: 0, isAway: false });
      }
      // Two module kinds: those four, and one from each class alone.
      expect(collector.acceptedSpans).toBe(2 * 6);
      await project.write('check.mts', typed(line));
      await project.write('check.cts', typed(line));
      const tsc = [
        join(root, 'node_modules/typescript/bin/tsc'),
        '--noEmit',
        '--strict',
        '--target',
        'es2022',
      ];
      await project.run([...tsc, '--lib', 'es2023,dom', '--module', 'nodenext', 'check.mts', 'check.cts']);
    },
  );

  it.each(isFullRun ? [20, 22, 24, 26] : [20, 26])(
    'has a command that needs nothing else, on Node %i',
    { timeout: CELL_MS },
    async (node) => {
      const project = await projectOf(node, []);
      const receiver = await ScriptedSink.start({ protocol: 'grpc' });
      onTestFinished(() => receiver.close());
      const command = new Child(
        project.node,
        ['node_modules/goidspan/dist/cli/main.js', 'attach', '--pid', String(server.pid)],
        {
          cwd: project.folder,
          env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
        },
      );
      await command.output(/attached to/);
      await server.get('/get?id=x');
      expect(await command.stop()).toBe(0);
      expect(receiver.acceptedSpans).toBe(3);
    },
  );

  describe('runs the example of the README as it is written', () => {
    it.each(nodeSdks)('with NodeSDK $name', { timeout: CELL_MS }, async ({ packages, node }) => {
      const project = await projectOf(node, ['@opentelemetry/api', ...packages]);
      const receiver = await ScriptedSink.start({ protocol: 'grpc' });
      onTestFinished(() => receiver.close());
      const [, example = ''] =
        /```js\n(import [\s\S]+?)```/.exec(readFileSync(`${root}README.md`, 'utf8')) ?? [];
      // The one thing that is another here: where the service lies.
      await project.write('tracing.mjs', example.replace('/srv/app', server.child.process.spawnfile));
      await project.write('app.js', 'setInterval(() => {}, 1000); console.log("up");');
      const app = new Child(project.node, ['--import', './tracing.mjs', 'app.js'], {
        cwd: project.folder,
        env: {
          OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
          OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
          OTEL_LOG_LEVEL: 'info',
        },
      });
      await app.output(/^up$/m);
      await app.output(/attached to/);
      await server.get('/get?id=x');
      app.process.kill('SIGTERM');
      const [line] = await app.output(/^\{.*\}$/m);
      await app.stop('SIGKILL');
      expect(JSON.parse(line)).toMatchObject({ state: 'closed', exports: { handed: 3, exported: 3 } });
      expect(receiver.acceptedSpans).toBe(3);
    });
  });
});
