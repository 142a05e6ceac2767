import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Child } from '../support/child.ts';
import { ScriptedSink } from '../support/scripted-sink.ts';
import { failed, type Protocol } from './transport.ts';

/** Sends to a collector and does nothing else; says at its end how long it lived and what came of the sending. */
const PROGRAM = `
import { createTransport } from '../../src/otlp-client/create-transport.ts';
import { otlpSettingsOf } from '../../src/otlp-client/settings.ts';

const [protocol, url, bytes, timeoutMs] = process.argv.slice(2);
const transport = createTransport(otlpSettingsOf({}, console.error, 'traces', { protocol, url }));
const startedAt = performance.now();
let outcome;
process.on('exit', () => console.log(JSON.stringify({ ms: Math.round(performance.now() - startedAt), outcome })));
const send = () => transport.send({ bytes: new Uint8Array(Number(bytes)), encoding: 'identity' }, Number(timeoutMs), new AbortController().signal);
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

const options = { grpc: 'grpc', http: 'http/protobuf' } as const;

interface Life {
  readonly ms: number;
  readonly outcome?: unknown;
}

async function live(protocol: Protocol, url: string, bytes = 0, timeoutMs = 60_000): Promise<Life> {
  const args = [options[protocol], url, String(bytes), String(timeoutMs)];
  const child = new Child(process.execPath, [program, ...args]);
  expect(await child.ended).toBe(0);
  return JSON.parse(child.stdout);
}

async function liveWith(sink: ScriptedSink, protocol: Protocol, bytes = 0): Promise<Life> {
  try {
    return await live(protocol, sink.url, bytes);
  } finally {
    await sink.close();
  }
}

it.each(['grpc', 'http'] as const)(
  'a process that waits for a silent server of %s ends by itself',
  async (protocol) => {
    const sink = await ScriptedSink.start({ protocol, script: () => 'silence' });
    const { ms, outcome } = await liveWith(sink, protocol);
    expect(outcome).toBeUndefined();
    expect(ms).toBeLessThan(2_000);
    expect(sink.requests).toHaveLength(1);
  },
);

it.each(['grpc', 'http'] as const)(
  'a process with an idle connection of %s ends by itself',
  async (protocol) => {
    const sink = await ScriptedSink.start({ protocol });
    const { ms, outcome } = await liveWith(sink, protocol);
    expect(outcome).toMatchObject({ ok: true });
    expect(ms).toBeLessThan(2_000);
  },
);

it('a process whose server of gRPC stopped reading ends by itself', async () => {
  const sink = await ScriptedSink.start({ protocol: 'grpc', neverReads: true });
  const { ms } = await liveWith(sink, 'grpc', 4e6);
  expect(ms).toBeLessThan(2_000);
});

/** A port whose connections are never made: its queue is full, and the process that could empty it is stopped. */
async function withDeafPort(use: (url: string) => Promise<void>): Promise<void> {
  const program = `
    const server = require('node:net').createServer();
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log('port ' + server.address().port));
  `;
  const child = new Child(process.execPath, ['-e', program]);
  const port = Number((await child.output(/port (\d+)/))[1]);
  child.process.kill('SIGSTOP');
  const fillers = Array.from({ length: 4 }, () => connect({ port, host: '127.0.0.1' }).on('error', () => {}));
  try {
    await new Promise((resolve) => setTimeout(resolve, 100));
    await use(`http://127.0.0.1:${port}`);
  } finally {
    for (const filler of fillers) filler.destroy();
    await child.stop('SIGKILL');
  }
}

// A connection that is being made holds on to the event loop whatever is said to it.
it.each(['grpc', 'http'] as const)(
  'a process that cannot connect over %s ends when the time is over',
  async (protocol) => {
    await withDeafPort(async (url) => {
      const { ms, outcome } = await live(protocol, url, 0, 600);
      expect(outcome).toMatchObject(failed('timeout', true));
      expect(ms).toBeLessThan(3_000);
    });
  },
);
