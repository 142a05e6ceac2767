/** Spans of an operation that were chosen against its others: where their time went, and which attributes they have. */

import { span as spanFields } from '../otlp/fields.ts';
import {
  type Attributes,
  type CompareAnswer,
  type CompareSide,
  type Difference,
  SPAN_HAS_BREAKDOWN,
} from '../page-api/answers.ts';
import type { OperationQuery, TimeRange } from '../page-api/query.ts';
import { GOIDSPAN_BREAKDOWN, GOIDSPAN_CRITICAL, GOIDSPAN_VERDICT } from '../span/attribute-names.ts';
import type { PlaceColumns } from './columns.ts';
import { attributesOf, resourceOf } from './decode-span.ts';
import { BUCKET_COUNT, bucketOf, quantileOf } from './duration-buckets.ts';
import { Chunks } from './found-spans.ts';
import { type Picked, pick } from './scatter-query.ts';
import type { Segment } from './segment.ts';
import { USE_COUNT, USES, WHOLE } from './uses.ts';
import { asText } from './value-text.ts';

/** Of each side, as many spans are read for their attributes, … */
const SAMPLES_MAX = 1_000;
/** … from no more parts than that, since each has to be unpacked, … */
const CHUNKS_MAX = 20;
/** … and from no more segments. */
const SEGMENTS_MAX = 10;
const DIFFERENCES_MAX = 100;
/** Smaller ones say nothing. */
const SMALLEST = 0.01;
/** They differ with every span. */
const NOT_COMPARED: ReadonlySet<string> = new Set([GOIDSPAN_BREAKDOWN, GOIDSPAN_CRITICAL, GOIDSPAN_VERDICT]);
const VALUE_LENGTH_MAX = 256;

export function compareOf(
  segments: readonly Segment[],
  query: OperationQuery & { readonly around: TimeRange },
): CompareAnswer {
  const { minNs = 0, maxNs = Number.POSITIVE_INFINITY, around, ...operation } = query;
  const fromUs = Math.min(query.fromUs, around.fromUs);
  const toUs = Math.max(query.toUs, around.toUs);
  const all = pick(segments, { ...operation, fromUs, toUs });
  const isInside = (startUs: number, ns: number) =>
    startUs >= query.fromUs && startUs < query.toUs && ns >= minNs && ns <= maxNs;
  const isOutside = (startUs: number, ns: number) =>
    startUs >= around.fromUs && startUs < around.toUs && !isInside(startUs, ns);
  const read = all.map((picked) => new ReadOnce(picked));
  const [inside, outside] = [rowsWhere(read, isInside), rowsWhere(read, isOutside)];
  const sides = { inside: sideOf(inside), outside: sideOf(outside) };
  const differences = [
    ...spentDifferences(sides),
    ...attributeDifferences(samplesOf(inside), samplesOf(outside)),
  ];
  differences.sort((a, b) => Math.abs(b.inside - b.outside) - Math.abs(a.inside - a.outside));
  return { ...sides, differences: differences.slice(0, DIFFERENCES_MAX) };
}

/** Columns of an operation in a segment, which both sides look at. */
class ReadOnce {
  readonly picked: Picked;
  #shares: Uint8Array | undefined;
  #places: PlaceColumns | undefined;

  constructor(picked: Picked) {
    this.picked = picked;
  }

  get shares(): Uint8Array {
    this.#shares ??= this.picked.segment.shares(this.picked.operation);
    return this.#shares;
  }

  get places(): PlaceColumns {
    this.#places ??= this.picked.segment.places(this.picked.operation);
    return this.#places;
  }
}

/** Of one side. */
interface Rows {
  readonly of: ReadOnce;
  readonly rows: Uint32Array;
}

const rowsWhere = (
  all: readonly ReadOnce[],
  isMeant: (startUs: number, ns: number) => boolean,
): readonly Rows[] =>
  all.map((of) => {
    const { rows, scan } = of.picked;
    const isOf = (row: number) => isMeant(scan.startUs[row] as number, scan.durationNs[row] as number);
    return { of, rows: rows.filter(isOf) };
  });

function sideOf(side: readonly Rows[]): CompareSide {
  const buckets = new Uint32Array(BUCKET_COUNT);
  const sums = new Float64Array(USE_COUNT);
  let spans = 0;
  let told = 0;
  for (const { of, rows } of side) {
    const { scan } = of.picked;
    for (const row of rows) {
      spans++;
      (buckets[bucketOf(scan.durationNs[row] as number)] as number)++;
      if (((scan.flags[row] as number) & SPAN_HAS_BREAKDOWN) === 0) continue;
      told++;
      const { shares } = of;
      for (let use = 0; use < USE_COUNT; use++)
        sums[use] = (sums[use] as number) + (shares[use * scan.count + row] as number);
    }
  }
  const shares = USES.flatMap((use, index) =>
    sums[index] ? [[use, sums[index] / WHOLE / told] as const] : [],
  );
  return { spans, p50Ns: quantileOf(buckets, spans, 0.5), shares: Object.fromEntries(shares) };
}

function spentDifferences(sides: {
  readonly inside: CompareSide;
  readonly outside: CompareSide;
}): Difference[] {
  return USES.flatMap((key) => {
    const inside = sides.inside.shares[key] ?? 0;
    const outside = sides.outside.shares[key] ?? 0;
    return Math.abs(inside - outside) < SMALLEST ? [] : [{ kind: 'spent' as const, key, inside, outside }];
  });
}

/** How many of the spans that were read have what. */
interface Samples {
  readonly spans: number;
  readonly counts: ReadonlyMap<string, Counted>;
}
interface Counted {
  readonly kind: 'attribute' | 'resource';
  readonly key: string;
  readonly value: string;
  spans: number;
}

function samplesOf(side: readonly Rows[]): Samples {
  const counts = new Map<string, Counted>();
  let spans = 0;
  const count = (kind: Counted['kind'], attributes: object, times: number): void => {
    for (const [key, raw] of Object.entries(attributes)) {
      const value = asText(raw);
      if (value === undefined || value.length > VALUE_LENGTH_MAX || NOT_COMPARED.has(key)) continue;
      const id = `${kind} ${key}\n${value}`;
      const known = counts.get(id);
      if (known) known.spans += times;
      else counts.set(id, { kind, key, value, spans: times });
    }
  };
  for (const { segment, chunk, offsets } of sampledChunks(side)) {
    const chunks = new Chunks(segment);
    // Many spans stand in one resource, which is read once.
    let current: { readonly from: number; readonly resource: Attributes; spans: number } | undefined;
    for (const offset of offsets) {
      if (spans === SAMPLES_MAX) break;
      chunks.at(chunk, offset, (bytes, span, around) => {
        spans++;
        count('attribute', attributesOf(bytes, span, spanFields.attributes), 1);
        const { from } = around.resourceSpans;
        if (current?.from !== from) {
          if (current) count('resource', current.resource, current.spans);
          current = { from, resource: resourceOf(bytes, around), spans: 0 };
        }
        current.spans++;
      });
    }
    if (current) count('resource', current.resource, current.spans);
  }
  return { spans, counts };
}

interface SampledChunk {
  readonly segment: Segment;
  readonly chunk: number;
  readonly offsets: number[];
}

/** Some of the parts that the rows are in, evenly; of many segments only from some. */
function sampledChunks(side: readonly Rows[]): SampledChunk[] {
  const chunks: SampledChunk[] = [];
  for (const { of, rows } of evenly(
    side.filter(({ of, rows }) => rows.length > 0 && of.picked.segment.hasSpans),
    SEGMENTS_MAX,
  )) {
    const { segment } = of.picked;
    const { places } = of;
    const byChunk = new Map<number, SampledChunk>();
    for (const row of rows) {
      const chunk = places.chunk[row] as number;
      let sampled = byChunk.get(chunk);
      if (sampled === undefined) {
        sampled = { segment, chunk, offsets: [] };
        byChunk.set(chunk, sampled);
        chunks.push(sampled);
      }
      sampled.offsets.push(places.offset[row] as number);
    }
  }
  return evenly(chunks, CHUNKS_MAX);
}

/** At most so many of them. */
function evenly<T>(all: readonly T[], max: number): T[] {
  const step = Math.max(1, all.length / max);
  return all.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step));
}

function attributeDifferences(inside: Samples, outside: Samples): Difference[] {
  const differences: Difference[] = [];
  for (const id of new Set([...inside.counts.keys(), ...outside.counts.keys()])) {
    const one = inside.counts.get(id);
    const other = outside.counts.get(id);
    const { kind, key, value } = (one ?? other) as Counted;
    const shares = {
      inside: inside.spans === 0 ? 0 : (one?.spans ?? 0) / inside.spans,
      outside: outside.spans === 0 ? 0 : (other?.spans ?? 0) / outside.spans,
    };
    if (Math.abs(shares.inside - shares.outside) >= SMALLEST)
      differences.push({ kind, key, value, ...shares });
  }
  return differences;
}
