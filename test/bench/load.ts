/** The generators: wrk for saturation, one on vegeta for a constant rate and for exact counts. */
import { buildGo } from '../support/go-build.ts';
import { type Core, start } from './cores.ts';

/** What one window of load saw; latencies in milliseconds. */
export interface Load {
  readonly requests: number;
  readonly failed: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** Connections that keep one core of a trivial service busy. */
const saturatingConnections = 16;

/** As many requests as the service answers. Up to {@link saturatingConnections} are answered but not counted. */
export async function saturate(url: string, seconds: number): Promise<Load> {
  const args = ['-t1', `-c${saturatingConnections}`, `-d${Math.ceil(seconds)}s`, '--latency', url];
  const text = await outputOf('generator', 'wrk', args, seconds);
  const number = (pattern: RegExp) => Number(pattern.exec(text)?.[1] ?? 0);
  const percentile = (percent: number) => {
    const match = new RegExp(`^\\s+${percent}%\\s+([\\d.]+)(us|ms|s)`, 'm').exec(text);
    return Number(match?.[1]) * ({ us: 0.001, ms: 1, s: 1000 }[match?.[2] ?? ''] ?? Number.NaN);
  };
  return {
    requests: number(/(\d+) requests in/),
    failed: number(/Non-2xx or 3xx responses: (\d+)/),
    perSecond: number(/Requests\/sec:\s+([\d.]+)/),
    p50: percentile(50),
    p95: Number.NaN,
    p99: percentile(99),
  };
}

export interface GeneratorOptions {
  readonly seconds: number;
  /** Requests started a second; without it as fast as they are answered. */
  readonly rate?: number;
  /** Requests at once, at most. */
  readonly connections: number;
  /** Also hosts that are not loopback. */
  readonly anyHost?: boolean;
  readonly core?: Core;
}

/** Builds the generator of {@link generate}. */
export const buildGenerator = (): Promise<string> =>
  buildGo({ name: 'load-generator', dir: 'test/fixtures/load/generator' });

/** Loads URLs in turn and counts exactly. */
export async function generate(
  generator: string,
  urls: readonly string[],
  { seconds, rate = 0, connections, anyHost = false, core = 'generator' }: GeneratorOptions,
): Promise<Load> {
  const args = [
    `-rate=${rate}`,
    `-connections=${connections}`,
    `-duration=${seconds}s`,
    `-any-host=${anyHost}`,
  ];
  return JSON.parse(await outputOf(core, generator, [...args, ...urls], seconds)) as Load;
}

async function outputOf(
  core: Core,
  command: string,
  args: readonly string[],
  seconds: number,
): Promise<string> {
  const child = start(core, command, args);
  const timer = setTimeout(() => child.process.kill('SIGKILL'), (seconds + 30) * 1000);
  const code = await child.ended;
  clearTimeout(timer);
  if (code !== 0)
    throw new Error(`cannot finish ${command}: ended with ${code}\n${child.stderr.slice(-2_000)}`);
  return child.stdout;
}
