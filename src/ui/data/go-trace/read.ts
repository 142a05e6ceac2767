/**
 * An execution trace that Go has taken (`/debug/pprof/trace`, a flight recorder), read in the browser: what the goroutines of a span
 * did in its time, and where all of the program waited.
 */
import type { FlameAnswer } from '../../../page-api/answers.ts';
import { codeName, tellingFrame } from '../../../span/code-text.ts';
import { FlameTree } from '../flame-tree.ts';
import { Bytes } from './bytes.ts';
import { STATE } from './columns.ts';
import { type Generation, generationsOf, versionOf } from './generations.ts';
import { GOROUTINES_MAX, States, type StateTime } from './states.ts';
import { TRANSITIONS_MAX } from './transitions.ts';
import { useOfState } from './use.ts';

/** Of a file: some 10 s of a busy program. It becomes about four times as much memory. */
export const TRACE_BYTES_MAX = 128 * 2 ** 20;
/** Times of states that are kept of the time of a span. */
const TIMES_MAX = 200_000;

/** A goroutine was in a state within the time of the span. */
export interface TracedTime {
  readonly goroutine: number;
  readonly fromUs: number;
  readonly toUs: number;
  readonly use: string;
  /** Why, in Go's words, and where. */
  readonly reason: string;
  readonly place: string;
  /** 0: nobody, or it is not known. */
  readonly endedBy: number;
}

export interface GoTrace {
  /** `Go 1.26`: the Go that has changed the format last. */
  readonly format: string;
  readonly durationUs: number;
  /** When it was taken, since 1970; undefined before Go 1.25, which does not tell. */
  readonly fromUs: number | undefined;
  readonly goroutines: number;
  readonly changes: number;
  readonly lost: number;
  /** What is wrong with the rest of it, of which nothing is shown. */
  readonly broken: string | undefined;
  /** In the time of the span, in the order of their ends. */
  readonly times: readonly TracedTime[];
  /** What had no room among these. */
  readonly timesLeft: number;
  /** Where all of the program waited but for Go's runtime itself, of waits whose beginning and end are in the trace. */
  readonly waits: FlameAnswer;
}

export async function isGoTrace(file: Blob): Promise<boolean> {
  return (await file.slice(0, 5).text()) === 'go 1.';
}

/**
 * `span`: its time in microseconds since 1970.
 * @throws {Error} That says what is wrong with the file where nothing of it can be shown.
 */
export async function readGoTrace(
  file: Blob,
  span: { readonly fromUs: number; readonly toUs: number },
): Promise<GoTrace> {
  if (file.size > TRACE_BYTES_MAX)
    throw new Error(`it has more than ${TRACE_BYTES_MAX / 2 ** 20} MiB: take a shorter one`);
  const bytes = new Bytes(new Uint8Array(await file.arrayBuffer()));
  const version = versionOf(bytes);
  const reading = new Reading(span);
  let broken: string | undefined;
  try {
    for (const generation of generationsOf(bytes, version)) {
      reading.take(generation);
      // The page stays alive meanwhile.
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  } catch (error) {
    broken = (error as Error).message;
  }
  if (reading.isEmpty) throw new Error(reading.whyEmpty ?? broken ?? 'nothing is in it');
  return { ...reading.end(), format: `Go 1.${version}`, broken };
}

class Reading {
  readonly #span: { readonly fromUs: number; readonly toUs: number };
  readonly #states = new States((time) => this.#told(time));
  readonly #tree = new FlameTree();
  readonly #spent: Record<string, number> = {};
  readonly #goroutines = new Set<number>();
  readonly #times: TracedTime[] = [];
  #timesLeft = 0;
  #microsPerTick = 0;
  #clock: Generation['clock'];

  constructor(span: { readonly fromUs: number; readonly toUs: number }) {
    this.#span = span;
  }

  get isEmpty(): boolean {
    return this.#states.changes === 0;
  }

  get whyEmpty(): string | undefined {
    if (this.#states.lost === 0) return undefined;
    return `its goroutines change their state more than ${TRANSITIONS_MAX / 1e6} million times a second: take it at less load`;
  }

  take(generation: Generation): void {
    this.#microsPerTick = 1e6 / generation.ticksPerSecond;
    this.#clock = generation.clock ?? this.#clock;
    this.#states.take(generation);
  }

  end(): Omit<GoTrace, 'format' | 'broken'> {
    const states = this.#states;
    states.end();
    return {
      durationUs: (states.last - states.first) * this.#microsPerTick,
      fromUs: this.#usAt(states.first),
      goroutines: this.#goroutines.size,
      changes: states.changes,
      lost: states.lost,
      times: this.#times,
      timesLeft: this.#timesLeft,
      waits: this.#tree.answer(false, this.#spent),
    };
  }

  #usAt(tick: number): number | undefined {
    return this.#clock && this.#clock.us + (tick - this.#clock.tick) * this.#microsPerTick;
  }

  #told(time: StateTime): void {
    if (this.#goroutines.size < GOROUTINES_MAX) this.#goroutines.add(time.goroutine);
    if (time.state === STATE.waiting && time.isWhole && !isOfRuntime(time)) this.#waited(time);
    const [fromUs, toUs] = [this.#usAt(time.from), this.#usAt(time.to)];
    if (fromUs === undefined || toUs === undefined) return;
    if (toUs <= this.#span.fromUs || fromUs >= this.#span.toUs || toUs <= fromUs) return;
    if (this.#times.length === TIMES_MAX) {
      this.#timesLeft++;
      return;
    }
    const { goroutine, reason, endedBy } = time;
    const frame = tellingFrame(time.stack);
    const place = frame ? codeName(frame) : '';
    this.#times.push({ goroutine, fromUs, toUs, use: useOfState(time), reason, place, endedBy });
  }

  #waited(time: StateTime): void {
    const ns = (time.to - time.from) * this.#microsPerTick * 1000;
    const use = useOfState(time);
    const tree = this.#tree;
    const frames = time.stack.map((frame) => ({
      name: tree.text(frame.function || '(no name)'),
      file: tree.text(frame.file),
      line: frame.line,
    }));
    tree.add([...frames.reverse(), { name: tree.text(use), file: 0, line: 0, isWait: true }], ns, 1);
    this.#spent[use] = (this.#spent[use] ?? 0) + ns;
  }
}

/** Of a goroutine that Go has for itself: its collector, its timers, its tracer. */
const isOfRuntime = ({ stack }: StateTime): boolean =>
  /^runtime(\/trace)?\./.test(stack.at(-1)?.function ?? '');
