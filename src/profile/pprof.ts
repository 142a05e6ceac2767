/**
 * A profile in pprof's format. Such files are gzipped as a rule, which is left to who writes the file.
 * Format: https://github.com/google/pprof/blob/4902fdda35c8/proto/profile.proto
 */

import { KERNEL_FILE } from '../correlate/code-place.ts';
import { ProtoWriter } from '../otlp/proto-writer.ts';
import type { Profile, ProfileFrame, Sample, ValueType } from './profile.ts';

const profileFields = {
  sampleType: 1,
  sample: 2,
  mapping: 3,
  location: 4,
  function: 5,
  stringTable: 6,
  timeNanos: 9,
  durationNanos: 10,
  periodType: 11,
  period: 12,
  defaultSampleType: 14,
} as const;
const valueTypeFields = { type: 1, unit: 2 } as const;
const sampleFields = { locationId: 1, value: 2, label: 3 } as const;
const labelFields = { key: 1, str: 2, num: 3 } as const;
const mappingFields = {
  id: 1,
  filename: 5,
  buildId: 6,
  hasFunctions: 7,
  hasFilenames: 8,
  hasLineNumbers: 9,
  hasInlineFrames: 10,
} as const;
const locationFields = { id: 1, mappingId: 2, line: 4 } as const;
const lineFields = { functionId: 1, line: 2 } as const;
const functionFields = { id: 1, name: 2, systemName: 3, filename: 4 } as const;

/** The mappings: the program, and the kernel if anything was seen in it. */
const program = 1;
const kernel = 2;
const nanosPerMilli = 1e6;

/** Writes the message `Profile`. */
export function encodePprof(profile: Profile): Uint8Array {
  return new PprofWriter(profile).encode();
}

/** Messages are numbered from 1, strings from 0, which is the empty one. */
class PprofWriter {
  readonly #out = new ProtoWriter();
  readonly #profile: Profile;
  readonly #strings = new Map<string, number>([['', 0]]);
  readonly #functions = new Map<string, number>();
  readonly #locations = new Map<string, number>();

  constructor(profile: Profile) {
    this.#profile = profile;
  }

  encode(): Uint8Array {
    const { info, samples } = this.#profile;
    const out = this.#out;
    for (const type of info.values) this.#valueType(profileFields.sampleType, type);
    const { file = '', buildId = '' } = info.program ?? {};
    this.#mapping(program, file, buildId);
    if (this.#profile.frames.some(isKernel)) this.#mapping(kernel, KERNEL_FILE, '');
    for (const sample of samples) this.#sample(sample);
    out.int(profileFields.timeNanos, Math.round((info.startUnixMs ?? 0) * nanosPerMilli));
    out.int(profileFields.durationNanos, Math.round((info.durationMs ?? 0) * nanosPerMilli));
    if (info.period) {
      this.#valueType(profileFields.periodType, info.period);
      out.int(profileFields.period, Math.round(info.period.value));
    }
    out.uint(profileFields.defaultSampleType, this.#string(info.values[0]?.type ?? ''));
    for (const text of this.#strings.keys()) out.string(profileFields.stringTable, text);
    return out.copyFrom(0);
  }

  #valueType(field: number, { type, unit }: ValueType): void {
    const message = this.#out.begin(field);
    this.#out.uint(valueTypeFields.type, this.#string(type));
    this.#out.uint(valueTypeFields.unit, this.#string(unit));
    this.#out.end(message);
  }

  #mapping(id: number, file: string, buildId: string): void {
    const message = this.#out.begin(profileFields.mapping);
    this.#out.uint(mappingFields.id, id);
    this.#out.uint(mappingFields.filename, this.#string(file));
    this.#out.uint(mappingFields.buildId, this.#string(buildId));
    const { hasFunctions, hasFilenames, hasLineNumbers, hasInlineFrames } = mappingFields;
    for (const field of [hasFunctions, hasFilenames, hasLineNumbers, hasInlineFrames])
      this.#out.uint(field, 1);
    this.#out.end(message);
  }

  #sample({ stack, values, labels }: Sample): void {
    const locations = this.#locationsOf(stack);
    const message = this.#out.begin(profileFields.sample);
    for (const location of locations) this.#out.uint(sampleFields.locationId, location);
    for (const value of values) this.#out.int(sampleFields.value, Math.round(value));
    for (const [key, value] of Object.entries(labels)) {
      const label = this.#out.begin(sampleFields.label);
      this.#out.uint(labelFields.key, this.#string(key));
      if (typeof value === 'string') this.#out.uint(labelFields.str, this.#string(value));
      else this.#out.int(labelFields.num, Math.round(value));
      this.#out.end(label);
    }
    this.#out.end(message);
  }

  /** One for each frame with those that are inlined into it. */
  #locationsOf(stack: readonly number[]): number[] {
    const locations: number[] = [];
    let lines: number[] = [];
    stack.forEach((index, position) => {
      lines.push(index);
      if (this.#profile.frames[index]?.isInlined && position < stack.length - 1) return;
      locations.push(this.#location(lines));
      lines = [];
    });
    return locations;
  }

  #location(frames: readonly number[]): number {
    const key = frames.join();
    const known = this.#locations.get(key);
    if (known !== undefined) return known;
    const id = this.#locations.size + 1;
    this.#locations.set(key, id);
    const lines = frames.flatMap((index) => this.#profile.frames[index] ?? []);
    const functions = lines.map((frame) => this.#function(frame));
    const message = this.#out.begin(profileFields.location);
    this.#out.uint(locationFields.id, id);
    this.#out.uint(locationFields.mappingId, lines.some(isKernel) ? kernel : program);
    lines.forEach((frame, index) => {
      const line = this.#out.begin(locationFields.line);
      this.#out.uint(lineFields.functionId, functions[index] ?? 0);
      this.#out.int(lineFields.line, frame.line);
      this.#out.end(line);
    });
    this.#out.end(message);
    return id;
  }

  #function({ function: name, file }: ProfileFrame): number {
    const key = `${name}\0${file}`;
    const known = this.#functions.get(key);
    if (known !== undefined) return known;
    const id = this.#functions.size + 1;
    this.#functions.set(key, id);
    const message = this.#out.begin(profileFields.function);
    this.#out.uint(functionFields.id, id);
    this.#out.uint(functionFields.name, this.#string(name));
    this.#out.uint(functionFields.systemName, this.#string(name));
    this.#out.uint(functionFields.filename, this.#string(file));
    this.#out.end(message);
    return id;
  }

  #string(text: string): number {
    const known = this.#strings.get(text);
    if (known !== undefined) return known;
    this.#strings.set(text, this.#strings.size);
    return this.#strings.size - 1;
  }
}

const isKernel = ({ file }: ProfileFrame): boolean => file === KERNEL_FILE;
