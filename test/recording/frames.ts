/** Frames as a recorder writes them, and recordings made of them. */
import type { Frame } from '../../src/recording/format.ts';
import { readRecording, WIRE_HASH_TEXT } from '../../src/recording/read-recording.ts';
import { frameBytes, headerBytes } from '../../src/recording/write-frame.ts';

export const start = {
  kind: 'start',
  version: '0.1.0',
  wireHash: WIRE_HASH_TEXT,
  startedAt: '2026-11-23T04:00:00.000Z',
  scope: { name: 'goidspan', version: '0.1.0' },
  about: { kernel: '6.18.44', sampler: '' },
} as const satisfies Frame;

/** One of each kind, in an order in which they come. */
export const frames: readonly Frame[] = [
  start,
  { kind: 'clock', offset: [1_790_000_000, 999_999_999] },
  {
    kind: 'target',
    targetId: 1,
    pid: 42,
    exe: '/srv/shop',
    serviceName: 'shop',
    goVersion: 'go1.26.8',
    waitMinNs: 1_000_000,
    facts: { gomaxprocs: 2, cpuLimit: 0.5, level: 'spans' },
    attributes: { 'service.name': 'shop', 'process.pid': 42 },
  },
  { kind: 'type_name', targetId: 1, address: 0x6f_0000, name: '*net.OpError' },
  { kind: 'type_name', targetId: 1, address: 0x6f_0040, name: null },
  { kind: 'batch', bytes: new Uint8Array(40).fill(7).buffer },
  { kind: 'span', end: [12, 5], ending: 'process_exited', bytes: new ArrayBuffer(8) },
  { kind: 'forget', targetId: 1 },
  { kind: 'end', endedAt: '2026-11-23T04:01:00.000Z', stats: { lost: { total: 0 } } },
];

export function recordingOf(parts: readonly Frame[]): Buffer {
  return Buffer.concat([headerBytes(), ...parts.map(frameBytes)]);
}

/** Every frame of the bytes, and how they ended. */
export async function readAll(bytes: Uint8Array, chunkBytes = bytes.length || 1) {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) chunks.push(bytes.subarray(at, at + chunkBytes));
  const reader = readRecording(chunks, 'a.rec');
  const read: Frame[] = [];
  for (;;) {
    const { done, value } = await reader.next();
    if (done) return { frames: read, end: value };
    read.push(value);
  }
}
