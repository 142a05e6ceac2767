/**
 * Values by stack, such as time by where it was spent, summed up as they come. Each frame and each stack is kept once. Knows
 * neither where stacks come from nor the formats that profiles are written in.
 */

/** A function that was running, or had called the one before it. */
export interface ProfileFrame {
  readonly function: string;
  /** Empty if not known. */
  readonly file: string;
  /** 0 if not known. */
  readonly line: number;
  /** Its code is part of the next frame's function. */
  readonly isInlined: boolean;
}

/** What a number counts, e.g. `cpu` in `nanoseconds`. */
export interface ValueType {
  readonly type: string;
  readonly unit: string;
}

/** What is true of all samples. */
export interface ProfileInfo {
  /** Of each value of a sample; the first is shown when nothing else is asked for. */
  readonly values: readonly ValueType[];
  /** The program that was profiled. */
  readonly program?: { readonly file: string; readonly buildId?: string };
  /** How much of what there is between two samples. */
  readonly period?: ValueType & { readonly value: number };
  readonly startUnixMs?: number;
  readonly durationMs?: number;
}

/** What samples of one stack are told apart by. */
export type Labels = Readonly<Record<string, string | number>>;

/** The sums of all samples with the same stack and labels. */
export interface Sample {
  /** Indexes in {@link Profile.frames}, innermost first. */
  readonly stack: readonly number[];
  readonly labels: Labels;
  /** One of each type. */
  readonly values: readonly number[];
}

const mostSamples = 1 << 16;

/** Takes samples until it is written. */
export class Profile {
  readonly info: ProfileInfo;
  readonly #maxSamples: number;
  readonly #frames: ProfileFrame[] = [];
  readonly #indexByFrame = new Map<string, number>();
  /** The same frames come again as the same objects. */
  readonly #indexByObject = new WeakMap<ProfileFrame, number>();
  readonly #samples = new Map<string, Sample & { readonly values: number[] }>();
  #refused = 0;

  /** `maxSamples`: of different stacks and labels. */
  constructor(info: ProfileInfo, maxSamples = mostSamples) {
    this.info = info;
    this.#maxSamples = maxSamples;
  }

  /** Every frame of the stacks, once. */
  get frames(): readonly ProfileFrame[] {
    return this.#frames;
  }

  /** In the order in which they first came. */
  get samples(): Iterable<Sample> {
    return this.#samples.values();
  }

  /** How often `add` had no room for another stack. */
  get refused(): number {
    return this.#refused;
  }

  /** Adds values, one of each type, to those of a stack, which is innermost first. False if there is no room for it. */
  add(stack: readonly ProfileFrame[], values: readonly number[], labels: Labels = {}): boolean {
    const indexes = stack.map((frame) => this.#indexOf(frame));
    const named = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
    const key = `${indexes.join()}${JSON.stringify(named)}`;
    const known = this.#samples.get(key);
    if (known) {
      for (let i = 0; i < known.values.length; i++)
        known.values[i] = (known.values[i] ?? 0) + (values[i] ?? 0);
      return true;
    }
    if (this.#samples.size >= this.#maxSamples) {
      this.#refused++;
      return false;
    }
    const all = this.info.values.map((_, i) => values[i] ?? 0);
    this.#samples.set(key, { stack: indexes, labels: Object.fromEntries(named), values: all });
    return true;
  }

  #indexOf(frame: ProfileFrame): number {
    const seen = this.#indexByObject.get(frame);
    if (seen !== undefined) return seen;
    const key = `${frame.function}\0${frame.file}\0${frame.line}\0${frame.isInlined}`;
    const index = this.#indexByFrame.get(key) ?? this.#frames.length;
    if (index === this.#frames.length) {
      this.#frames.push(frame);
      this.#indexByFrame.set(key, index);
    }
    this.#indexByObject.set(frame, index);
    return index;
  }
}
