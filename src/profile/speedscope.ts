/**
 * A profile in speedscope's format: a sampled profile for each type of value.
 * Format: https://github.com/jlfwong/speedscope/blob/069c0194a6d3fd10f9cabce24735e3bd91fc1556/src/lib/file-format-spec.ts
 */

import type { Profile } from './profile.ts';

/** The file, to be written as JSON. */
export interface SpeedscopeFile {
  readonly $schema: 'https://www.speedscope.app/file-format-schema.json';
  readonly shared: { readonly frames: readonly SpeedscopeFrame[] };
  readonly profiles: readonly SpeedscopeProfile[];
  /** That is shown first. */
  readonly activeProfileIndex?: number;
  readonly name: string;
}

/** A function; lines are not told apart, since each would be a function of its own. */
export interface SpeedscopeFrame {
  readonly name: string;
  readonly file?: string;
}

/** One type of value by stack, of those that have any of it. */
export interface SpeedscopeProfile {
  readonly type: 'sampled';
  readonly name: string;
  readonly unit: Unit;
  readonly startValue: number;
  readonly endValue: number;
  /** Indexes of frames, outermost first. */
  readonly samples: readonly (readonly number[])[];
  readonly weights: readonly number[];
}

const units = ['bytes', 'microseconds', 'milliseconds', 'nanoseconds', 'seconds'] as const;
type Unit = (typeof units)[number] | 'none';

/** Makes the file of a profile with a name. */
export function toSpeedscope(profile: Profile, name: string): SpeedscopeFile {
  const frames: SpeedscopeFrame[] = [];
  const indexByFunction = new Map<string, number>();
  const indexes = profile.frames.map(({ function: name, file }) => {
    const key = `${name}\0${file}`;
    const known = indexByFunction.get(key);
    if (known !== undefined) return known;
    indexByFunction.set(key, frames.length);
    return frames.push({ name, ...(file === '' ? {} : { file }) }) - 1;
  });
  const samples = [...profile.samples];
  const stacks = samples.map(({ stack }) => stack.map((index) => indexes[index] ?? 0).reverse());
  const profiles = profile.info.values.map(({ type, unit }, number): SpeedscopeProfile => {
    const own = stacks.flatMap((stack, index) => {
      const weight = samples[index]?.values[number] ?? 0;
      return weight > 0 ? [{ stack, weight }] : [];
    });
    return {
      type: 'sampled',
      name: type,
      unit: units.find((known) => known === unit) ?? 'none',
      startValue: 0,
      endValue: own.reduce((sum, { weight }) => sum + weight, 0),
      samples: own.map(({ stack }) => stack),
      weights: own.map(({ weight }) => weight),
    };
  });
  return {
    $schema: 'https://www.speedscope.app/file-format-schema.json',
    shared: { frames },
    profiles,
    name,
  };
}
