/** Spans written into the ring of a running agent at any rate: what comes behind the ring, without the load that fills it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Core, start } from './cores.ts';

/** The loader and its object, built from `flood.c` and `flood.bpf.c`. */
export interface FloodTools {
  readonly loader: string;
  readonly object: string;
}

export interface FloodOptions {
  /** Spans a second. */
  readonly rate: number;
  readonly seconds: number;
  readonly core?: Core;
}

/** What came of it. */
export interface Flood {
  /** Spans that the ring took. */
  readonly taken: number;
  /** Spans for which it had no room. */
  readonly refused: number;
  /** Of one record. */
  readonly recordBytes: number;
}

/** The first process that an agent attaches to. */
const TARGET_ID = 1;

/** Floods the ring of the goidspan that runs in that process, in the name of the first target that it attached to. */
export async function flood(
  tools: FloodTools,
  pid: number,
  { rate, seconds, core = 'service' }: FloodOptions,
): Promise<Flood> {
  const args = [tools.object, ringOf(pid), TARGET_ID, rate, seconds].map(String);
  const child = start(core, tools.loader, args);
  const code = await child.ended;
  if (code !== 0) throw new Error(`cannot flood: ended with ${code}\n${child.stderr.slice(-2_000)}`);
  return JSON.parse(child.stdout) as Flood;
}

/** `BPF_MAP_TYPE_RINGBUF` */
const RINGBUF = '27';

/** Id of the ring buffer that the process holds. */
function ringOf(pid: number): string {
  const folder = `/proc/${pid}/fdinfo`;
  for (const fd of readdirSync(folder)) {
    const info = infoOf(join(folder, fd));
    const [, type, id] = /^map_type:\s+(\d+)$[\s\S]*^map_id:\s+(\d+)$/m.exec(info) ?? [];
    if (type === RINGBUF && id !== undefined) return id;
  }
  throw new Error(`process ${pid} holds no ring buffer`);
}

/** A descriptor may be closed meanwhile. */
function infoOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
