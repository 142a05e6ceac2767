/**
 * A real Prometheus and its promtool, and the collector that it scrapes, by the files of `otel-config`. Debian's (`npm run
 * setup` unpacks it), or in a full run the one that `.scripts/peers.mjs` builds.
 */

import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Requirement } from './capabilities.ts';
import { Child } from './child.ts';
import { freePorts, jaegerBinary } from './peers.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** The folder with its configuration, rules, alerts, and what promtool tests them with. */
const prometheusFolder = join(root, 'otel-config/prometheus');

const folders = [join(root, '.cache/peers'), join(root, '.cache/servers/usr/bin'), '/usr/bin'];
const programs = folders.find((folder) => existsSync(join(folder, 'prometheus')));

export const prometheus: Requirement = () =>
  programs === undefined ? 'no prometheus (npm run setup; Debian package prometheus)' : undefined;

const program = (name: 'prometheus' | 'promtool'): string => join(programs ?? '', name);

/** What promtool says of its arguments, and its exit code. */
export async function promtool(...args: string[]): Promise<{ code: number | string; said: string }> {
  const child = new Child(program('promtool'), args, { cwd: prometheusFolder });
  return { code: await child.ended, said: child.stdout + child.stderr };
}

/** The collector of `gateway.yaml`, as it stands but for its ports. */
export interface Gateway {
  readonly otlpGrpc: string;
  /** `host:port` of what Prometheus scrapes: the metrics that were sent to it, and its own. */
  readonly metrics: string;
  readonly ownMetrics: string;
  stop(): Promise<void>;
}

/** Starts it; traces go on to the OTLP/gRPC endpoint `tracesTo` (`http://host:port`), a second after they began. */
export async function startGateway(tracesTo: string): Promise<Gateway> {
  const [grpc, http, metrics, own] = await freePorts(4);
  const env = {
    OTLP_GRPC: `127.0.0.1:${grpc}`,
    OTLP_HTTP: `127.0.0.1:${http}`,
    METRICS_FOR_PROMETHEUS: `127.0.0.1:${metrics}`,
    OWN_METRICS_PORT: `${own}`,
    TRACES_TO: new URL(tracesTo).host,
    DECISION_WAIT: '1s',
  };
  const child = new Child(jaegerBinary, ['--config', join(root, 'otel-config/gateway.yaml')], { env });
  await child.output(/Everything is ready/);
  return {
    otlpGrpc: `http://127.0.0.1:${grpc}`,
    metrics: `127.0.0.1:${metrics}`,
    ownMetrics: `127.0.0.1:${own}`,
    stop: async () => void (await child.stop('SIGKILL')),
  };
}

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A rule as Prometheus has it. */
export interface Rule {
  readonly name: string;
  readonly health: string;
  readonly lastError?: string;
}

export class Prometheus {
  readonly #url: string;
  readonly #child: Child;
  readonly #folder: string;

  private constructor(url: string, child: Child, folder: string) {
    this.#url = url;
    this.#child = child;
    this.#folder = folder;
  }

  /** Starts one with the committed files, but for the addresses of the gateway, and once a second instead of every 15. */
  static async start({ metrics, ownMetrics }: Gateway): Promise<Prometheus> {
    const folder = await mkdtemp(join(tmpdir(), 'goidspan-test-'));
    for (const name of ['prometheus.yml', 'goidspan.rules.yml', 'goidspan.alerts.yml']) {
      const text = readFileSync(join(prometheusFolder, name), 'utf8');
      const here = text.replace('127.0.0.1:8889', metrics).replace('127.0.0.1:8888', ownMetrics);
      await writeFile(join(folder, name), here.replaceAll('interval: 15s', 'interval: 1s'));
    }
    const [port] = await freePorts(1);
    const child = new Child(program('prometheus'), [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ]);
    await child.output(/Server is ready/);
    return new Prometheus(`http://127.0.0.1:${port}`, child, folder);
  }

  /** What an expression gives now. Throws what Prometheus says is wrong with it. */
  async query(expression: string): Promise<Sample[]> {
    const { resultType, result } = (await this.#ask(`query?query=${encodeURIComponent(expression)}`)) as {
      resultType: string;
      result: { metric: Record<string, string>; value: [number, string] }[];
    };
    if (resultType !== 'vector') throw new Error(`${expression} gives a ${resultType}`);
    return result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  }

  async rules(): Promise<Rule[]> {
    const { groups } = (await this.#ask('rules')) as { groups: { rules: Rule[] }[] };
    return groups.flatMap(({ rules }) => rules);
  }

  async stop(): Promise<void> {
    await this.#child.stop('SIGKILL');
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #ask(what: string): Promise<unknown> {
    const answer = await fetch(`${this.#url}/api/v1/${what}`);
    const { status, data, error } = (await answer.json()) as Record<string, unknown>;
    if (status !== 'success') throw new Error(`Prometheus refuses ${what}: ${String(error)}`);
    return data;
  }
}
