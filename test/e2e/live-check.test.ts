/** Programs whose type data lies, and processes that do not run the code of their file. */

import { chmodSync, closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openFileSource } from '../../src/binary/file-source.ts';
import { GoBinary } from '../../src/binary/go-binary.ts';
import { families } from '../../src/probes/families.ts';
import { planAttach } from '../../src/probes/plan.ts';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import type { TracerEvent } from '../../src/tracer/api.ts';
import { Tracer } from '../../src/tracer/tracer.ts';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { temporaryFolder } from '../support/command.ts';
import { buildGo } from '../support/go-build.ts';
import { GoServer } from '../support/go-server.ts';

const build = () => buildGo({ dir: 'test/fixtures/acceptance/server', name: 'acceptance-server' });

/** Bytes from one entry of a struct type's fields to the next, and of the offset in it. */
const fieldBytes = 24;
const offsetAt = 16;
/** Of the pointer to the fields in a struct type. */
const fieldsAt = 56;

/** A copy of the server whose type data claims for each field the offset of another one. */
async function lyingServer(lies: readonly [struct: string, field: string, other: string][]): Promise<string> {
  const original = await build();
  const content = readFileSync(original);
  const binary = GoBinary.open(openFileSource(original));
  const fileOffset = (vaddr: number) => binary.fileOffsetOf(vaddr) ?? 0;
  for (const [struct, field, other] of lies) {
    const wrong = BigInt(binary.fieldOffset(struct, other) ?? -1);
    const right = BigInt(binary.fieldOffset(struct, field) ?? -1);
    const type = fileOffset(binary.structs([struct]).get(struct) ?? 0);
    let at = fileOffset(Number(content.readBigUInt64LE(type + fieldsAt))) + offsetAt;
    while (content.readBigUInt64LE(at) !== right) at += fieldBytes;
    content.writeBigUInt64LE(wrong, at);
  }
  const path = join(await temporaryFolder(), 'server');
  writeFileSync(path, content);
  chmodSync(path, 0o755);
  return path;
}

async function traced(binary: string) {
  const server = await GoServer.start(binary);
  const spans: ReadableSpan[] = [];
  const events: TracerEvent[] = [];
  const processor = {
    onEnd: (span: ReadableSpan) => void spans.push(span),
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  const tracer = await Tracer.open({ processors: [processor], onEvent: (event) => void events.push(event) });
  return { server, spans, events, tracer };
}

describeWith([kernel, go], 'the live check', () => {
  it.each<[string, [string, string, string][], RegExp]>([
    [
      'the method is read from the protocol',
      [['net/http.Request', 'Method', 'Proto']],
      /^cannot go on tracing http_server of pid \d+ \(.*\/server\): its first 3 spans make no sense: the method "HTTP\/1\.1" is no token \(.*report it/,
    ],
    [
      'the goroutine id is read from the bounds of the stack',
      [['runtime.g', 'goid', 'stack']],
      /^cannot go on tracing http_server of .*: the goroutine id \d+ looks like an address \(/,
    ],
  ])('detaches the hooks by name and exports nothing when %s', async (_, lies, message) => {
    const { server, spans, events, tracer } = await traced(await lyingServer(lies));
    await tracer.attachPid(server.pid);
    for (let i = 0; i < 3; i++) await server.get(`/leaf?id=${i}`);
    await tracer.stats();
    const warnings = events.flatMap((event) => (event.kind === 'warning' ? [event.message] : []));
    expect(warnings).toEqual([expect.stringMatching(message)]);
    await new Promise((done) => setTimeout(done, 300));
    const before = (await tracer.stats()).hits.byProbe['http_server_start'];
    for (let i = 0; i < 5; i++) await server.get(`/leaf?id=${i}`);
    const stats = await tracer.close();
    expect(before).toBeGreaterThan(0);
    expect(stats.hits.byProbe['http_server_start']).toBe(before);
    expect(stats.lost.byReason['implausible']).toBe(3);
    expect(spans).toEqual([]);
    await server.stop();
  });

  it('leaves the other family alone', async () => {
    const lie: [string, string, string] = ['net/http.response', 'status', 'written'];
    const { server, spans, events, tracer } = await traced(await lyingServer([lie]));
    await tracer.attachPid(server.pid);
    // 7 bytes written are no status.
    for (let i = 0; i < 4; i++) await server.get(`/status?code=200&bytes=7&id=${i}`);
    await server.get('/get?id=9');
    await tracer.close();
    await server.stop();
    expect(events.filter((event) => event.kind === 'warning')).toHaveLength(1);
    expect(spans.map((span) => span.attributes['url.full'])).toEqual([expect.stringContaining('of=9')]);
  });

  it('refuses a process whose code is not that of its file', async () => {
    const path = await build();
    const { server, events, tracer } = await traced(path);
    const site = planAttach(GoBinary.open(openFileSource(path)), families)
      .hooks.flatMap((hook) => hook.sites)
      .find((s) => s.symbol.endsWith('.Hijack'));
    const memory = openSync(`/proc/${server.pid}/mem`, 'r+');
    writeSync(memory, Uint8Array.of(0x90), 0, 1, site?.vaddr ?? 0);
    closeSync(memory);
    await expect(tracer.attachPid(server.pid)).rejects.toThrow(
      /^cannot attach to pid \d+: its code in net\/http\.\(\*response\)\.Hijack is not that of .*acceptance-server.* \(.*restart it\)$/,
    );
    expect(events).toEqual([]);
    const stats = await tracer.close();
    expect([stats.hits.total, stats.targets.length]).toEqual([0, 0]);
    await server.stop();
  });

  it('does not take the probes of another tracer for foreign code', async () => {
    const path = await build();
    const first = await traced(path);
    await first.tracer.attachPid(first.server.pid);
    const second: ReadableSpan[] = [];
    const processor = {
      onEnd: (span: ReadableSpan) => void second.push(span),
      forceFlush: async () => {},
      shutdown: async () => {},
    };
    await first.server.get('/get?id=a');
    const tracer = await Tracer.open({ processors: [processor] });
    await tracer.attachPid(first.server.pid);
    await first.server.get('/get?id=b');
    await tracer.close();
    await first.tracer.close();
    await first.server.stop();
    expect([first.spans.length, second.length]).toEqual([6, 3]);
  });
});
