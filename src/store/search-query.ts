/** Looks for spans, the newest first: by columns alone, except where attributes are asked for, or what no column tells. */
import { type SearchAnswer, SPAN_IS_ERROR, type SpanHit } from '../page-api/answers.ts';
import type { Operation, SearchQuery } from '../page-api/query.ts';
import type { PlaceColumns, ScanColumns } from './columns.ts';
import { decodeSpan } from './decode-span.ts';
import { Chunks } from './found-spans.ts';
import { OTHERS } from './operation-table.ts';
import { countIn, rowsIn } from './rows-in.ts';
import { bitOf, type OperationFacts, overlaps, type Segment } from './segment.ts';
import { spanIdAt, traceIdAt } from './span-rows.ts';
import { causeOfCode, codeOfCause, codeOfTop, OTHER_CODE, USES } from './uses.ts';
import { hasAttributes } from './value-text.ts';

/** A search that takes longer ends with what it has. */
const LONGEST_MS = 2_000;
const ROWS_BETWEEN_LOOKS = 256;

/** What is asked of a row, as numbers. */
interface Wanted {
  readonly top: number | undefined;
  readonly cause: number | undefined;
  readonly minNs: number;
  readonly maxNs: number;
}

/** A row that fits as far as its columns tell. */
interface Candidate {
  readonly startUs: number;
  readonly facts: OperationFacts;
  readonly scan: ScanColumns;
  readonly row: number;
}

export function searchFor(
  segments: readonly Segment[],
  query: SearchQuery,
  longestMs = LONGEST_MS,
): SearchAnswer {
  const until = performance.now() + longestMs;
  const near = segments
    .filter((segment) => overlaps(segment, query))
    .sort((a, b) => b.maxStartUs - a.maxStartUs);
  const counts = near.map((segment) =>
    segment.facts.reduce((sum, facts) => sum + countIn(segment, facts, query), 0),
  );
  const of = counts.reduce((sum, count) => sum + count, 0);
  let searched = 0;
  let unread = 0;
  let hits: SpanHit[] = [];
  for (const [index, segment] of near.entries()) {
    const oldest = hits.length < query.limit ? Number.NEGATIVE_INFINITY : (hits.at(-1)?.startUs ?? 0);
    if (segment.maxStartUs < oldest) break;
    const found = searchSegment(segment, query, oldest, until);
    hits = [...hits, ...found.hits].sort((a, b) => b.startUs - a.startUs).slice(0, query.limit);
    unread += found.unread;
    searched += found.isWhole ? (counts[index] as number) : found.looked;
    if (!found.isWhole) return { hits, searched: { spans: Math.min(searched - unread, of - 1), of } };
  }
  return { hits, searched: { spans: of - unread, of } };
}

interface Found {
  readonly hits: readonly SpanHit[];
  readonly isWhole: boolean;
  readonly looked: number;
  /** Of those that were looked at: who has their spans is to be asked whether they fit. */
  readonly unread: number;
}

function searchSegment(segment: Segment, query: SearchQuery, oldest: number, until: number): Found {
  const wanted: Wanted = {
    top: query.waitTop === undefined ? undefined : codeOfTop(query.waitTop),
    cause: query.cause === undefined ? undefined : codeOfCause(query.cause),
    minNs: query.minNs ?? 0,
    maxNs: query.maxNs ?? Number.POSITIVE_INFINITY,
  };
  const hasAttributes = (query.attributes?.length ?? 0) > 0;
  const candidates: Candidate[] = [];
  for (const facts of segment.facts) {
    if (!overlaps(facts, query) || facts.maxStartUs < oldest || !mayFit(facts, query, wanted)) continue;
    // Where no more than its columns is needed, the newest few of each operation are enough.
    const needsSpans =
      hasAttributes || facts.number === OTHERS || wanted.top === OTHER_CODE || wanted.cause === OTHER_CODE;
    addRows(
      candidates,
      segment,
      facts,
      query,
      wanted,
      oldest,
      needsSpans ? Number.POSITIVE_INFINITY : query.limit,
    );
  }
  candidates.sort((a, b) => b.startUs - a.startUs);
  return new HitReader(segment, query, wanted, hasAttributes).read(candidates, until);
}

function mayFit(facts: OperationFacts, query: SearchQuery, { top, cause, minNs, maxNs }: Wanted): boolean {
  if (facts.maxNs < minNs || facts.minNs > maxNs) return false;
  if (query.isError === true && facts.errors === 0) return false;
  if (query.isError === false && facts.errors === facts.count) return false;
  if (top !== undefined && (facts.tops & bitOf(top)) === 0) return false;
  if (cause !== undefined && (facts.causes & bitOf(cause)) === 0) return false;
  return facts.operation === undefined || isAsked(facts.operation, query);
}

const isAsked = (of: Operation, { service, name, kind }: SearchQuery): boolean =>
  (service === undefined || of.service === service) &&
  (name === undefined || of.name === name) &&
  (kind === undefined || of.kind === kind);

function addRows(
  candidates: Candidate[],
  segment: Segment,
  facts: OperationFacts,
  query: SearchQuery,
  { top, cause, minNs, maxNs }: Wanted,
  oldest: number,
  most: number,
): void {
  const scan = segment.scan(facts.number);
  const { startUs, durationNs, flags } = scan;
  const { from, to } = rowsIn(scan, query);
  let left = most;
  for (let row = to - 1; row >= from && left > 0; row--) {
    const start = startUs[row] as number;
    if (start < oldest) return;
    const ns = durationNs[row] as number;
    if (ns < minNs || ns > maxNs) continue;
    if (
      query.isError !== undefined &&
      ((flags[row] as number) & SPAN_IS_ERROR) !== (query.isError ? SPAN_IS_ERROR : 0)
    )
      continue;
    if (top !== undefined && scan.top[row] !== top) continue;
    if (cause !== undefined && scan.cause[row] !== cause) continue;
    candidates.push({ startUs: start, facts, scan, row });
    left--;
  }
}

/** Makes hits of candidates, reading the spans themselves where columns do not tell enough. */
class HitReader {
  readonly #segment: Segment;
  readonly #query: SearchQuery;
  readonly #wanted: Wanted;
  readonly #hasAttributes: boolean;
  readonly #chunks: Chunks;
  readonly #ids = new Map<number, Uint8Array>();
  readonly #places = new Map<number, PlaceColumns>();
  /** Parts in which no span can have the attributes. */
  readonly #without = new Map<number, boolean>();

  constructor(segment: Segment, query: SearchQuery, wanted: Wanted, hasAttributes: boolean) {
    this.#segment = segment;
    this.#query = query;
    this.#wanted = wanted;
    this.#hasAttributes = hasAttributes;
    this.#chunks = new Chunks(segment);
  }

  read(candidates: readonly Candidate[], until: number): Found {
    const hits: SpanHit[] = [];
    let unread = 0;
    for (const [looked, candidate] of candidates.entries()) {
      if (hits.length === this.#query.limit) break;
      if (looked % ROWS_BETWEEN_LOOKS === ROWS_BETWEEN_LOOKS - 1 && performance.now() > until)
        return { hits, isWhole: false, looked, unread };
      const needsSpan = this.#needsSpan(candidate);
      if (needsSpan && !this.#segment.hasSpans) {
        unread++;
        continue;
      }
      const hit = needsSpan ? this.#hitOfSpan(candidate) : this.#hitOfRow(candidate);
      if (hit) hits.push(hit);
    }
    return { hits, isWhole: true, looked: candidates.length, unread };
  }

  #needsSpan({ facts, scan, row }: Candidate): boolean {
    if (this.#hasAttributes || facts.operation === undefined) return true;
    return scan.top[row] === OTHER_CODE || scan.cause[row] === OTHER_CODE;
  }

  #hitOfRow({ facts, scan, row, startUs }: Candidate): SpanHit {
    const ids = kept(this.#ids, facts.number, () => this.#segment.ids(facts.number));
    const waitTop = USES[(scan.top[row] as number) - 1];
    const cause = causeOfCode(scan.cause[row] as number);
    const { service, name, kind } = facts.operation as Operation;
    return {
      service,
      name,
      kind,
      traceId: traceIdAt(ids, row),
      spanId: spanIdAt(ids, row),
      startUs,
      durationNs: scan.durationNs[row] as number,
      isError: ((scan.flags[row] as number) & SPAN_IS_ERROR) !== 0,
      ...(waitTop !== undefined && { waitTop }),
      ...(cause !== undefined && { cause }),
    };
  }

  #hitOfSpan({ facts, row }: Candidate): SpanHit | undefined {
    const places = kept(this.#places, facts.number, () => this.#segment.places(facts.number));
    const chunk = places.chunk[row] as number;
    if (this.#hasAttributes && kept(this.#without, chunk, () => this.#isWithout(this.#chunks.get(chunk))))
      return undefined;
    let hit: SpanHit | undefined;
    this.#chunks.at(chunk, places.offset[row] as number, (bytes, span, around) => {
      const { attributes, resource, parentSpanId, statusMessage, scope, events, links, ...rest } = decodeSpan(
        bytes,
        span,
        around,
      );
      if (!isAsked(rest, this.#query)) return;
      if (this.#wanted.top === OTHER_CODE && rest.waitTop !== this.#query.waitTop) return;
      if (this.#wanted.cause === OTHER_CODE && rest.cause !== this.#query.cause) return;
      if (hasAttributes({ attributes, resource }, this.#query.attributes ?? [])) hit = rest;
    });
    return hit;
  }

  /** Keys are in the bytes as they are, and so are values that can only be texts: found far more quickly than by reading. */
  #isWithout(bytes: Uint8Array): boolean {
    const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const mayHave = ({ key, value }: { readonly key: string; readonly value: string }) =>
      all.includes(key) && (MAY_BE_NO_TEXT.test(value) || all.includes(value));
    return !(this.#query.attributes?.every(mayHave) ?? true);
  }
}

/** What numbers, truth values, bytes, lists and objects look like as text. */
const MAY_BE_NO_TEXT = /^(?:[-\d[{]|true$|false$|NaN$|Infinity$|[\da-f]*$)/;

function kept<T>(values: Map<number, T>, key: number, read: () => T): T {
  let value = values.get(key);
  if (value === undefined) {
    value = read();
    values.set(key, value);
  }
  return value;
}
