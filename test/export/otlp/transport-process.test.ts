import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Child } from '../../support/child.ts';
import { ScriptedSink } from '../../support/scripted-sink.ts';

/** Sends to a collector and does nothing else; says at its end how long it lived and what came of the sending. */
const PROGRAM = `
import { createTransport } from '../../../src/export/otlp/create-transport.ts';
import { otlpSettingsOf } from '../../../src/export/otlp/settings.ts';

const [protocol, url, bytes] = process.argv.slice(2);
const transport = createTransport(otlpSettingsOf({}, console.error, 'traces', { protocol, url }));
const startedAt = performance.now();
let outcome;
process.on('exit', () => console.log(JSON.stringify({ ms: Math.round(performance.now() - startedAt), outcome })));
const send = () => transport.send({ bytes: new Uint8Array(Number(bytes)), encoding: 'identity' }, 60_000, new AbortController().signal);
void send().then((result) => { outcome = result; });
// Long enough to connect and to send.
await new Promise((resolve) => setTimeout(resolve, 300));
`;

let folder: string;
let program: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'goidspan-transport-'));
  program = join(folder, 'program.mjs');
  await build({
    stdin: { contents: PROGRAM, resolveDir: import.meta.dirname },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: program,
  });
});

afterAll(() => rm(folder, { recursive: true }));

async function liveWith(sink: ScriptedSink, protocol: string, bytes: number) {
  try {
    const child = new Child(process.execPath, [program, protocol, sink.url, String(bytes)]);
    expect(await child.ended).toBe(0);
    return JSON.parse(child.stdout) as { ms: number; outcome?: { ok: boolean } };
  } finally {
    await sink.close();
  }
}

it.each(['grpc', 'http'] as const)(
  'a process that waits for a silent server of %s ends by itself',
  async (protocol) => {
    const sink = await ScriptedSink.start({ protocol, script: () => 'silence' });
    const { ms, outcome } = await liveWith(sink, protocol === 'grpc' ? protocol : 'http/protobuf', 0);
    expect(outcome).toBeUndefined();
    expect(ms).toBeLessThan(2_000);
    expect(sink.requests).toHaveLength(1);
  },
);

it.each(['grpc', 'http'] as const)(
  'a process with an idle connection of %s ends by itself',
  async (protocol) => {
    const sink = await ScriptedSink.start({ protocol });
    const { ms, outcome } = await liveWith(sink, protocol === 'grpc' ? protocol : 'http/protobuf', 0);
    expect(outcome).toMatchObject({ ok: true });
    expect(ms).toBeLessThan(2_000);
  },
);

it('a process whose server of gRPC stopped reading ends by itself', async () => {
  const sink = await ScriptedSink.start({ protocol: 'grpc', neverReads: true });
  const { ms } = await liveWith(sink, 'grpc', 4e6);
  expect(ms).toBeLessThan(2_000);
});
