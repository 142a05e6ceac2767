import { copyFileSync, mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeLive } from '../support/capabilities.ts';
import { Child } from '../support/child.ts';
import { temporaryFolder } from '../support/command.ts';
import { buildGo } from '../support/go-build.ts';
import { GoServer } from '../support/go-server.ts';
import { Project, pack } from '../support/installed.ts';

/** An application that traces the process it is told of until there is a span, and says how it went. */
const APPLICATION = `
import { GoidSpanProcessor } from 'goidspan';
const spans = [];
const goidspan = new GoidSpanProcessor({
  targets: { pid: Number(process.argv[2]) },
  exporter: {
    export: (batch, done) => { spans.push(...batch.map((span) => span.name)); done({ code: 0 }); },
    shutdown: async () => {},
  },
});
const timer = setInterval(async () => {
  const { state, reason, refused, stats } = goidspan.status();
  if (state === 'tracing' && stats.targets.length > 0) console.log('attached');
  if (state !== 'inert' && refused.length === 0 && (stats?.spans.ended ?? 0) === 0) return;
  clearInterval(timer);
  await goidspan.shutdown();
  console.log('outcome ' + JSON.stringify({ state, reason, refused, spans }));
}, 50);`;

interface Outcome {
  readonly state: string;
  readonly reason?: { readonly code: string; readonly message: string };
  readonly spans: readonly string[];
}

const formats = [
  { format: 'cjs', extension: 'cjs' },
  { format: 'esm', extension: 'mjs' },
] as const;

describeLive('an application that esbuild has bundled with goidspan in it', () => {
  let packs: string;
  let project: Project;
  let server: GoServer;

  beforeAll(async () => {
    packs = await mkdtemp(join(tmpdir(), 'goidspan-pack-'));
    const { tarball } = await pack(packs);
    project = await Project.create(process.execPath, [tarball, '@opentelemetry/api@1.9.1']);
    await project.write('app.mjs', APPLICATION);
    server = await GoServer.start(
      await buildGo({ dir: 'test/fixtures/acceptance/hello', name: 'acceptance-hello' }),
    );
  });

  afterAll(async () => {
    await server?.stop();
    await project?.remove();
    await rm(packs, { recursive: true });
  });

  async function bundle(format: 'cjs' | 'esm', name: string, more: BuildOptions = {}): Promise<string> {
    const outfile = join(project.folder, 'build', name);
    await build({
      ...{ absWorkingDir: project.folder, entryPoints: ['app.mjs'], outfile },
      ...{ bundle: true, platform: 'node', format, logLevel: 'error', ...more },
    });
    return outfile;
  }

  async function outcomeOf(program: string): Promise<Outcome> {
    const child = new Child(process.execPath, [program, String(server.pid)], { cwd: dirname(program) });
    void child.output(/^attached$/m).then(
      () => server.get('/'),
      () => {},
    );
    try {
      const [, outcome = ''] = await child.output(/^outcome (.*)$/m);
      return JSON.parse(outcome) as Outcome;
    } finally {
      await child.stop();
    }
  }

  it.each(formats)('traces as $format, where the package is installed too', async ({ format, extension }) => {
    expect(await outcomeOf(await bundle(format, `in.${extension}`))).toMatchObject({
      state: 'tracing',
      spans: ['GET /'],
    });
  });

  it.each(formats)('traces as $format with goidspan external', async ({ format, extension }) => {
    const program = await bundle(format, `out.${extension}`, { external: ['goidspan'] });
    expect(await outcomeOf(program)).toMatchObject({ state: 'tracing', spans: ['GET /'] });
  });

  it.each(formats)(
    'says as $format what to tell the bundler, where it is not',
    async ({ format, extension }) => {
      const built = await bundle(format, `alone.${extension}`);
      const folder = await temporaryFolder();
      mkdirSync(join(folder, 'dist'));
      const program = join(folder, 'dist', `app.${extension}`);
      copyFileSync(built, program);
      const { state, reason } = await outcomeOf(program);
      expect(state).toBe('inert');
      expect(reason).toEqual({
        code: 'shim_unusable',
        message: `cannot find the native files of goidspan for ${program}: a bundler has taken its code in, which leaves them behind (mark goidspan external, e.g. esbuild --external:goidspan, and have it in node_modules where the program runs)`,
      });
    },
  );
});
