/**
 * What a recording is made of: a header, then frames. Each frame has a kind, JSON, bytes and a checksum, so that a file
 * that was cut or damaged is known at the exact frame. All numbers are little-endian.
 *
 * ```
 * header   "goidspan" | u32 format version | u32 0
 * frame    u32 kind | u32 JSON bytes | u32 binary bytes | u32 CRC-32 of the twelve bytes before and of all after
 *          JSON, padded to 8 | binary, padded to 8
 * ```
 */
import type { CodeFrame as Code, CodePlace } from '../correlate/code-place.ts';
import type { SpanEnding } from '../correlate/fact.ts';
import type { TargetFacts } from '../correlate/target-facts.ts';
import type { Ktime } from '../wire/batch.ts';
import type { ClockOffset } from '../wire/clock-offset.ts';
import type { WireLayout } from '../wire/layout.ts';

/** Changes whenever the frames themselves do; where things stand in records is in the first one. */
export const FORMAT_VERSION = 1;
export const MAGIC = 'goidspan';
export const HEADER_BYTES = 16;
export const FRAME_HEADER_BYTES = 16;
/** Larger parts are not written and not believed. */
export const JSON_BYTES_MAX = 1 << 20;
export const BINARY_BYTES_MAX = 8 << 20;

/** Numbers of the kinds in the file. */
export const frameKind = {
  start: 1,
  clock: 2,
  target: 3,
  type_name: 4,
  batch: 5,
  span: 6,
  forget: 7,
  end: 8,
  code: 9,
} as const;

/** Who recorded, with which record layout. The first frame. */
export interface StartFrame {
  readonly kind: 'start';
  /** Version of goidspan that recorded. */
  readonly version: string;
  /** Hash of all of `wire.h`, 16 hex digits. */
  readonly wireHash: string;
  /** Where things stand in the records; absent in those of version 0.1.0. */
  readonly layout?: WireLayout;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly scope: { readonly name: string; readonly version: string };
  /** `uname -r`, and the sampler as the environment had it. */
  readonly about: Readonly<Record<string, string>>;
}

/** From here on kernel time is turned into wall time by this. */
export interface ClockFrame {
  readonly kind: 'clock';
  readonly offset: ClockOffset;
}

/** A process whose spans may follow; or, of one that was named before, what has become known of it. */
export interface TargetFrame {
  readonly kind: 'target';
  readonly targetId: number;
  readonly pid: number;
  readonly exe: string;
  readonly serviceName: string;
  readonly goVersion?: string;
  /** Stops of its world and cycles of its collector are told in spans where they last as long, in nanoseconds; absent: none is. */
  readonly waitMinNs?: number;
  /** From here on; absent where nothing is known. */
  readonly facts?: TargetFacts;
  /** Of its resource, in their order. */
  readonly attributes: Readonly<Record<string, string | number>>;
}

/** Name of a Go type of a target, found by its address when a span of the next frame needed it; null: none found. */
export interface TypeNameFrame {
  readonly kind: 'type_name';
  readonly targetId: number;
  /** At run time. */
  readonly address: number;
  readonly name: string | null;
}

/** What code of a target stands at a place, found when something of the frames before needed it: innermost first. */
export interface CodeFrame {
  readonly kind: 'code';
  readonly place: CodePlace;
  readonly frames: readonly Code[];
}

/** Records as the ring buffer held them. */
export interface BatchFrame {
  readonly kind: 'batch';
  readonly bytes: ArrayBuffer;
}

/** A span that was still open and was ended from outside: its record, and what completes it. */
export interface SpanFrame {
  readonly kind: 'span';
  readonly end: Ktime;
  readonly ending: SpanEnding;
  readonly bytes: ArrayBuffer;
}

/** No more spans of that target are taken. */
export interface ForgetFrame {
  readonly kind: 'forget';
  readonly targetId: number;
}

/** The last frame of a recording that was ended in order: what the tracer had counted. */
export interface EndFrame {
  readonly kind: 'end';
  /** ISO 8601. */
  readonly endedAt: string;
  readonly stats: Readonly<Record<string, unknown>>;
}

export type Frame =
  | StartFrame
  | ClockFrame
  | TargetFrame
  | TypeNameFrame
  | CodeFrame
  | BatchFrame
  | SpanFrame
  | ForgetFrame
  | EndFrame;

/** Bytes that a part takes in the file. */
export function padded(bytes: number): number {
  return (bytes + 7) & ~7;
}
