/** A CPU profile that Go itself has taken, as `runtime/pprof` writes it, unpacked. Pure; what it reads is hostile. */
import { Profile as PprofProfile } from 'pprof-format';
import { functionTotals } from './function-totals.ts';
import { Profile, type ProfileFrame } from './profile.ts';

export interface GoProfile {
  /** Frames and values as they are in the file. */
  readonly profile: Profile;
  /** The number of the value that is time on a processor. */
  readonly cpu: number;
  /** How often Go has looked. */
  readonly samples: number;
  /** When it was begun, in Unix time, and how long it took. */
  readonly startUnixNs: bigint;
  readonly durationNs: number;
}

/** Throws an `Error` that says what is wrong with it. */
export function decodeGoProfile(bytes: Uint8Array): GoProfile {
  const { stringTable, sampleType, sample, location, function: functions, ...rest } = decode(bytes);
  const textOf = (index: number | bigint): string => stringTable.strings[Number(index)] ?? '';
  const values = sampleType.map(({ type, unit }) => ({ type: textOf(type), unit: textOf(unit) }));
  const cpu = values.findIndex(({ type, unit }) => type === 'cpu' && unit === 'nanoseconds');
  if (cpu === -1) throw new Error('it is no CPU profile');
  const functionById = new Map(functions.map((of) => [Number(of.id), of]));
  const framesById = new Map(
    location.map(({ id, line }) => [
      Number(id),
      line.map(({ functionId, line: number }, index): ProfileFrame => {
        const of = functionById.get(Number(functionId));
        return {
          function: printed(of ? textOf(of.name) : ''),
          file: of ? textOf(of.filename) : '',
          line: Number(number),
          isInlined: index < line.length - 1,
        };
      }),
    ]),
  );
  const profile = new Profile({ values }, Number.POSITIVE_INFINITY);
  for (const { locationId, value } of sample) {
    const stack = locationId.flatMap((id) => framesById.get(Number(id)) ?? []);
    profile.add(stack, value.map(Number));
  }
  const counted = values.findIndex(({ type, unit }) => type === 'samples' && unit === 'count');
  const { total: samples } = functionTotals(profile, counted);
  return {
    profile,
    cpu,
    samples,
    startUnixNs: BigInt(rest.timeNanos),
    durationNs: Number(rest.durationNanos),
  };
}

function decode(bytes: Uint8Array): PprofProfile {
  try {
    return PprofProfile.decode(bytes);
  } catch (error) {
    throw new Error(`it is no profile: ${(error as Error).message}`, { cause: error });
  }
}

/** As in a stack that Go prints: the types that a generic function was made for are left out. */
function printed(name: string): string {
  const [from, to] = [name.indexOf('['), name.lastIndexOf(']')];
  return from >= 0 && to > from ? `${name.slice(0, from)}[...]${name.slice(to + 1)}` : name;
}
