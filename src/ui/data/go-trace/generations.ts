/**
 * The generations of a trace: about a second each, with texts, stacks and a clock of its own, and events by thread. What is read is
 * hostile: a generation that says what it cannot say ends the reading, with what came before it.
 */
import type { Bytes } from './bytes.ts';
import { CLOCK_SINCE, EVENT, VERSIONS } from './events.ts';

/** Events of a thread, the first at `tick`. */
export interface Batch {
  readonly thread: number;
  readonly tick: number;
  readonly events: Bytes;
}

/** Outermost last, as a trace has it: indexes of {@link Generation.texts}. */
export interface Frame {
  readonly name: number;
  readonly file: number;
  readonly line: number;
}

export interface Generation {
  readonly texts: Map<number, string>;
  readonly stacks: Map<number, readonly Frame[]>;
  /** In the order of the file, which is that of each thread. */
  readonly batches: Batch[];
  ticksPerSecond: number;
  frames: number;
  /** What time it was at a tick, in microseconds since 1970; undefined before Go 1.25. */
  clock?: { readonly tick: number; readonly us: number };
}

/** Frames of a stack, as of Go's own reader. */
const FRAMES_MAX = 128;
/** Of a generation, which is a second: far more than Go writes, and no more than a tab of a browser can hold. */
const BATCHES_MAX = 500_000;
const TEXTS_MAX = 1_000_000;
const ALL_FRAMES_MAX = 4_000_000;

/** The number in the head of the file. @throws {Error} That says what else it is. */
export function versionOf(bytes: Bytes): number {
  const [, version] = /^go 1\.(\d{1,3}) trace\0\0\0$/.exec(bytes.part(16).text()) ?? [];
  if (version === undefined) throw new Error('it is no execution trace of Go');
  if (VERSIONS.includes(Number(version))) return Number(version);
  if (Number(version) < (VERSIONS[0] as number))
    throw new Error(`it is in the format of Go 1.${version}: from Go 1.22 on it can be read here`);
  throw new Error(
    `it is in the format of Go 1.${version}, which is newer than this page: it knows up to that of Go 1.${VERSIONS.at(-1)}`,
  );
}

/** @throws {Error} After the last one that could be read, that says what is wrong with the next. */
export function* generationsOf(bytes: Bytes, version: number): Generator<Generation> {
  let current: Generation | undefined;
  let number = 0;
  while (!bytes.isAtEnd) {
    const kind = bytes.byte();
    if (kind === EVENT.endOfGeneration) {
      if (current) yield whole(current, version);
      current = undefined;
      continue;
    }
    if (kind !== EVENT.batch && kind !== EVENT.experimentalBatch)
      throw new Error(`it is broken: a batch begins with ${kind}`);
    if (kind === EVENT.experimentalBatch) bytes.byte();
    const generation = bytes.number();
    const thread = bytes.number();
    const tick = bytes.number();
    const events = bytes.part(bytes.number());
    if (current && generation !== number) {
      yield whole(current, version);
      current = undefined;
    }
    current ??= { texts: new Map(), stacks: new Map(), batches: [], ticksPerSecond: 0, frames: 0 };
    number = generation;
    if (kind === EVENT.batch && !events.isAtEnd) take(current, { thread, tick, events });
  }
  if (current) yield whole(current, version);
}

function whole(generation: Generation, version: number): Generation {
  if (!(generation.ticksPerSecond > 0) || (version >= CLOCK_SINCE && !generation.clock))
    throw new Error('it is cut off: what its clock says is missing');
  return generation;
}

/** A batch of one kind, or of events of a thread. */
function take(generation: Generation, { thread, tick, events }: Batch): void {
  const { at } = events;
  switch (events.byte()) {
    case EVENT.strings:
      while (!events.isAtEnd) {
        expect(events, EVENT.string);
        const id = events.number();
        generation.texts.set(id, events.part(events.number()).text());
        atMost(generation.texts.size, TEXTS_MAX, 'texts');
      }
      return;
    case EVENT.stacks:
      while (!events.isAtEnd) {
        expect(events, EVENT.stack);
        generation.stacks.set(events.number(), framesOf(generation, events));
      }
      return;
    case EVENT.cpuSamples:
      return;
    case EVENT.frequency:
      generation.ticksPerSecond = events.number();
      return;
    case EVENT.sync:
      while (!events.isAtEnd) takeSync(generation, tick, events);
      return;
    default:
      events.at = at;
      atMost(generation.batches.push({ thread, tick, events }), BATCHES_MAX, 'batches');
  }
}

function atMost(count: number, most: number, what: string): void {
  if (count > most) throw new Error(`it is broken: more than ${most} ${what} in a second`);
}

function framesOf(generation: Generation, events: Bytes): Frame[] {
  const count = events.number();
  if (count > FRAMES_MAX) throw new Error(`it is broken: a stack of ${count} frames`);
  // One of none is no less of an entry.
  generation.frames += count + 1;
  atMost(generation.frames, ALL_FRAMES_MAX, 'frames');
  return Array.from({ length: count }, () => {
    events.number();
    return { name: events.number(), file: events.number(), line: events.number() };
  });
}

function takeSync(generation: Generation, tick: number, events: Bytes): void {
  const kind = events.byte();
  if (kind === EVENT.frequency) {
    generation.ticksPerSecond = events.number();
    return;
  }
  if (kind !== EVENT.clockSnapshot) throw new Error(`it is broken: a clock tells ${kind}`);
  const at = tick + events.number();
  events.number();
  const [seconds, nanoseconds] = [events.number(), events.number()];
  generation.clock = { tick: at, us: seconds * 1e6 + nanoseconds / 1e3 };
}

function expect(events: Bytes, kind: number): void {
  const found = events.byte();
  if (found !== kind) throw new Error(`it is broken: ${found} where ${kind} was expected`);
}
