import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Child } from '../support/child.ts';

/** Pushes 400 requests to a collector of a kind, ends in a way, and says when the process ends and what it counted. */
const PROGRAM = `
import { randomBytes } from 'node:crypto';
import { ExportCounts } from '../../src/export/export-counts.ts';
import { Delivery } from '../../src/otlp-client/delivery.ts';
import { DELIVERY_BOUNDS } from '../../src/otlp-client/delivery-settings.ts';
import { ACCEPT, BUSY, ScriptedTransport } from './scripted-transport.ts';

const [collector, ending] = process.argv.slice(2);
const answer = { well: ACCEPT, away: BUSY, silent: 'silence' }[collector];
const counts = new ExportCounts();
const settings = { ...DELIVERY_BOUNDS, requestTimeoutMs: 10_000, compression: 'none' };
const delivery = new Delivery(new ScriptedTransport(() => answer), settings, { counts, onEvent() {}, onFailure() {} });
const text = randomBytes(75_000).toString('hex');
for (let index = 0; index < 400; index++) void delivery.push({ bytes: Buffer.from(text.slice(index)), spans: 1 });
// What waits is being compressed by then.
await new Promise((resolve) => setTimeout(resolve, 50));
const startedAt = performance.now();
process.on('exit', () => {
  const { exported, lostByReason } = counts.snapshot();
  const queued = delivery.state.spans;
  console.log(JSON.stringify({ ms: Math.round(performance.now() - startedAt), exported, lostByReason, queued }));
});
if (ending === 'shutdown') void delivery.shutdown(1_500);
if (ending === 'flush') void delivery.flush(1_500);
`;

let folder: string;
let program: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'goidspan-delivery-'));
  program = join(folder, 'program.mjs');
  await build({
    stdin: { contents: PROGRAM, resolveDir: import.meta.dirname },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: program,
  });
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

interface End {
  readonly ms: number;
  readonly exported: number;
  readonly lostByReason: Record<string, number>;
  readonly queued: number;
}

async function endOf(collector: 'well' | 'away' | 'silent', ending: 'nothing' | 'flush' | 'shutdown') {
  const child = new Child(process.execPath, [program, collector, ending]);
  expect({ code: await child.ended, stderr: child.stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(child.stdout) as End;
}

describe('a process', () => {
  it.each(['away', 'silent'] as const)(
    'that never calls shutdown ends at once when the collector is %s',
    async (collector) => {
      expect((await endOf(collector, 'nothing')).ms).toBeLessThan(500);
    },
  );

  it('that never calls shutdown does not outlive what it had to send', async () => {
    expect((await endOf('well', 'nothing')).ms).toBeLessThan(1_500);
  });

  it.each([
    ['away', 'busy'],
    ['silent', 'deadline'],
  ] as const)('ends at the deadline of a shutdown when the collector is %s', async (collector, reason) => {
    const { ms, exported, lostByReason, queued } = await endOf(collector, 'shutdown');
    expect(ms).toBeGreaterThanOrEqual(1_499);
    expect(ms).toBeLessThan(2_300);
    expect({ exported, queued }).toEqual({ exported: 0, queued: 0 });
    expect(Object.values(lostByReason).reduce((sum, lost) => sum + lost)).toBe(400);
    expect(lostByReason[reason]).toBeGreaterThan(0);
  });

  it('ends at the deadline of a flush, and what is left is not lost before', async () => {
    const { ms, lostByReason, queued } = await endOf('silent', 'flush');
    expect(ms).toBeGreaterThanOrEqual(1_499);
    expect(ms).toBeLessThan(2_300);
    expect({ lostByReason, queued }).toEqual({ lostByReason: {}, queued: 400 });
  });

  it('ends as soon as a shutdown has sent everything', async () => {
    const { ms, exported } = await endOf('well', 'shutdown');
    expect(exported).toBe(400);
    expect(ms).toBeLessThan(1_400);
  });
});
