/** What goidspan counts, all the way: a collector, a Prometheus and a Jaeger, by the files of `otel-config`. */
import { copyFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { type Child, eventually } from '../support/child.ts';
import { goidspan } from '../support/command.ts';
import { dashboard, expressions } from '../support/dashboard.ts';
import { buildGo } from '../support/go-build.ts';
import { GoServer } from '../support/go-server.ts';
import { type Jaeger, jaegerTraces, peers, startJaeger } from '../support/peers.ts';
import { type Gateway, Prometheus, prometheus, promtool, startGateway } from '../support/prometheus.ts';

const checkRules = () =>
  Promise.all([
    promtool('check', 'config', 'prometheus.yml'),
    promtool('test', 'rules', 'goidspan.tests.yml'),
  ]);
/** Takes some seconds, while the others mostly wait. */
let rulesChecked: ReturnType<typeof checkRules> | undefined;

const SERVICE = 'unknown_service:shop-server';
/** Made of series that this program does not have: no database, no gRPC. */
const OF_OTHERS = /^(gRPC|Databases):/;

describeWith(
  [kernel, go, peers, prometheus],
  'a traced service, seen through a collector in Prometheus',
  () => {
    let folder: string;
    let jaeger: Jaeger;
    let gateway: Gateway;
    let store: Prometheus;
    let command: Child;
    let server: GoServer;

    beforeAll(async () => {
      rulesChecked = checkRules();
      folder = await mkdtemp(join(tmpdir(), 'goidspan-test-'));
      const binary = join(folder, 'shop-server');
      copyFileSync(
        await buildGo({ dir: 'test/fixtures/acceptance/server', name: 'acceptance-server' }),
        binary,
      );
      jaeger = await startJaeger();
      gateway = await startGateway(jaeger.otlpGrpc);
      const scraping = Prometheus.start(gateway);
      command = goidspan(['run', '--level', 'runtime', '--', binary], {
        OTEL_EXPORTER_OTLP_ENDPOINT: gateway.otlpGrpc,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
        OTEL_METRIC_EXPORT_INTERVAL: '500',
        GOGC: '1',
        GOMEMLIMIT: '1GiB',
      });
      store = await scraping;
      server = await GoServer.of(command);
    });

    afterAll(async () => {
      await server?.stop();
      await store?.stop();
      await gateway?.stop();
      await jaeger?.stop();
      await rm(folder, { recursive: true, force: true });
    });

    /** One of these fails, one is slow. */
    const load = () =>
      Promise.all([
        server.get('/get?id=1'),
        server.get('/items/7'),
        server.get('/status?code=503'),
        server.get('/sleep?ms=300'),
      ]);

    /** The one value of a rule for a route. */
    const shareOf = async (rule: string, route: string): Promise<number | undefined> =>
      (await store.query(`${rule}{service_name="${SERVICE}", route="${route}"}`))[0]?.value;

    it('has values of every rule, and data in every panel of the dashboard', async () => {
      const empty = await eventually('data of all expressions', 30_000, async () => {
        await load();
        const answers = await Promise.all(
          expressions().map(async ({ panel, expression }) => ({
            told: `${panel}: ${expression}`,
            samples: await store.query(expression),
          })),
        );
        const lacking = answers.filter(({ samples }) => samples.length === 0).map(({ told }) => told);
        return lacking.every((told) => OF_OTHERS.test(told)) ? lacking : undefined;
      });
      expect(empty).toHaveLength(4);
      for (const { name, health, lastError } of await store.rules())
        expect([name, health, lastError]).toEqual([name, 'ok', undefined]);
    }, 60_000);

    it('says of each route how many failed and were slow, and that their budgets burn', async () => {
      expect(await shareOf('goidspan:requests_failed:share1h', 'GET /status')).toBe(1);
      expect(await shareOf('goidspan:requests_failed:share1h', 'GET /items/{item}')).toBe(0);
      expect(await shareOf('goidspan:requests_slow:share1h', 'GET /sleep')).toBe(1);
      expect(await shareOf('goidspan:requests_slow:share1h', 'GET /items/{item}')).toBe(0);
      expect(await shareOf('goidspan:request_seconds:p50', 'GET /sleep')).toBeGreaterThan(0.25);
      const slept = await store.query(
        'goidspan:request_time:share5m{route="GET /sleep", goidspan_wait_for="sleep"}',
      );
      expect(slept[0]?.value).toBeGreaterThan(0.9);
      const burning =
        'goidspan:requests_failed:share1h > on (service_name) group_left () 14.4 * goidspan:slo_errors:budget';
      expect((await store.query(burning)).map(({ labels }) => labels['route'])).toEqual(['GET /status']);
    });

    it('has its traces in Jaeger, which the collector has decided to keep', async () => {
      const traces = await jaegerTraces(jaeger, SERVICE, { limit: 5 });
      expect(traces[0]?.spans[0]?.attributes['http.route']).toBeDefined();
    });
  },
);

describeWith([prometheus], 'the rules for Prometheus', () => {
  it('are valid, and each alert fires when it should and not when it should not', async () => {
    const [config, tests] = await (rulesChecked ?? checkRules());
    expect(config).toMatchObject({ code: 0, said: expect.stringContaining('2 rule files found') });
    expect(tests).toMatchObject({ code: 0, said: expect.stringContaining('SUCCESS') });
  });
});

describe('the dashboard for Grafana', () => {
  const { panels, templating, schemaVersion } = dashboard();

  it('asks the chosen source alone, by variables that it has', () => {
    const names = templating.list.map(({ name }) => name);
    expect(names).toEqual(['datasource', 'service', 'route', 'page']);
    expect(schemaVersion).toBe(39);
    for (const { datasource, targets = [], type } of panels) {
      expect(targets.length > 0).toBe(type !== 'row');
      for (const source of [
        ...(type === 'row' ? [] : [datasource]),
        ...targets.map((target) => target.datasource),
      ])
        expect(source).toEqual({ type: 'prometheus', uid: `\${datasource}` });
    }
    const used = JSON.stringify(panels).matchAll(/\$\{?([a-z]\w*)/g);
    for (const [, name = ''] of used) expect(names).toContain(name);
  });

  it('has its panels side by side, each once', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const taken = new Set<string>();
    for (const { title, gridPos } of panels) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x} ${y}`), title).toBe(false);
          taken.add(`${x} ${y}`);
        }
    }
  });
});
