/** The same for a service of the user's own: windows with and without, at a URL that the user names. */
import { Child, eventually } from '../support/child.ts';
import { NOT_EXPORTING } from './agent.ts';
import { type Figure, figureOf, numberText } from './figure.ts';
import { buildGenerator, generate } from './load.ts';
import { ratioOf } from './statistics.ts';
import { alternate, bare, medianOf, traced, tracedOf, valuesOf, type Windows } from './windows.ts';

/** As given on the command line. */
interface OwnServiceOptions {
  readonly url: string;
  /** A running service, … */
  readonly pid?: string;
  /** … or the command that starts one. */
  readonly command: readonly string[];
  /** Requests started a second; without it as fast as they are answered. */
  readonly rate?: string;
  readonly connections?: string;
  /** Of one window. */
  readonly seconds?: string;
  readonly rounds?: string;
  /** Load also what is not on loopback. */
  readonly 'any-host'?: boolean;
  readonly say: (text: string) => void;
}

/** @throws RangeError naming the option, Error when the service does not answer. */
export async function benchOwnService(options: OwnServiceOptions): Promise<Figure[]> {
  const { url, command, say } = options;
  if ((options.pid === undefined) === (command.length === 0)) {
    throw new RangeError('--pid or a command after -- is needed, not both');
  }
  const seconds = numberOf(options, 'seconds', 5, 120);
  const rounds = numberOf(options, 'rounds', 5, 100);
  const connections = numberOf(options, 'connections', 16, 10_000);
  const rate = options.rate === undefined ? 0 : numberOf(options, 'rate', 0, 1_000_000);
  const anyHost = options['any-host'] ?? false;
  const generator = await buildGenerator();
  const [program, ...args] = command;
  const child = program === undefined ? undefined : new Child(program, args);
  try {
    const pid = child?.pid ?? numberOf(options, 'pid', 0, 2 ** 22);
    await untilAnswered(url, child);
    say(`${rounds} rounds of ${seconds} s without and ${seconds} s with goidspan`);
    // To where the environment says, if it does.
    const env = process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] ? {} : NOT_EXPORTING;
    const load = () => generate(generator, [url], { seconds, connections, rate, anyHost, core: 'any' });
    return figuresOf(
      await alternate({ bare, traced: traced(pid, { env, core: 'any' }) }, { rounds, pid, load }),
    );
  } finally {
    await child?.stop();
  }
}

function numberOf(
  options: OwnServiceOptions,
  name: 'pid' | 'rate' | 'connections' | 'seconds' | 'rounds',
  otherwise: number,
  most: number,
): number {
  const text = options[name];
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new RangeError(`--${name}: a whole number from 1 to ${most} is needed, not ${text}`);
}

async function untilAnswered(url: string, child: Child | undefined): Promise<void> {
  let end: number | string | undefined;
  void child?.ended.then((how) => {
    end = how;
  });
  await eventually(`answer from ${url}`, 30_000, async () => {
    if (end !== undefined) throw new Error(`the command ended with ${end}: ${child?.stderr.slice(-500)}`);
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined);
    await response?.arrayBuffer();
    return response;
  });
}

const units = { perSecond: '/s', p50: ' ms', p95: ' ms', p99: ' ms', cpuUsPerRequest: ' µs' } as const;

function figuresOf(windows: Windows<'bare' | 'traced'>): Figure[] {
  const row = 'own-service';
  const compare = (what: string, key: keyof typeof units): Figure => {
    const [without, withIt] = [medianOf(windows.bare, key), medianOf(windows.traced, key)];
    const detail = `${numberText(without)}${units[key]} without, ${numberText(withIt)}${units[key]} with`;
    return figureOf(
      { row, what: `${what}, with ÷ without`, detail },
      ratioOf(valuesOf(windows.traced, key), valuesOf(windows.bare, key)),
    );
  };
  return [
    compare('requests/s', 'perSecond'),
    compare('p50', 'p50'),
    compare('p95', 'p95'),
    compare('p99', 'p99'),
    compare('CPU per request of the service', 'cpuUsPerRequest'),
    figureOf(
      { row, what: 'agent CPU per request', unit: 'µs' },
      tracedOf(windows.traced, (agent) => agent.agentCpuUsPerRequest),
    ),
    figureOf(
      { row, what: 'probe hits per request' },
      tracedOf(windows.traced, ({ summary }, window) => summary.hits.total / window.requests),
    ),
    figureOf(
      { row, what: 'spans per request' },
      tracedOf(windows.traced, ({ summary }, window) => summary.spans.ended / window.requests),
    ),
    figureOf(
      { row, what: 'spans lost and counted' },
      tracedOf(windows.traced, ({ summary }) => summary.lost.total),
    ),
  ];
}
