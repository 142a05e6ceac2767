/** Recorded spans as any number of requests: the same again and again, of other traces, services and times. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { link, resourceSpans, scopeSpans, span, traceRequest } from '../../src/otlp/fields.ts';
import { requestOfJson } from '../../src/receiver/json-request.ts';
import { ProtoFields } from '../../src/store/proto-fields.ts';
import { scanRequest } from '../../src/store/scan-request.ts';

/** What was recorded of programs: of `examples/shop`, and of a fixture with one fault of each kind. */
const RECORDINGS = ['shop', 'faults'];
const folder = fileURLToPath(new URL('../../test/page/data/', import.meta.url));
/** As many instances of each service, whose operations are told apart: 224 in all. */
const INSTANCES = 8;
/** Any odd number with bits all over it, so that ids differ in many. */
const SPREAD = 0x9e37_79b1;

interface Trace {
  readonly id: string;
  readonly spans: number;
}

export interface Replica {
  readonly bytes: Buffer;
  readonly traces: readonly Trace[];
}

export class Replicas {
  /** Of each. */
  readonly spans: number;
  readonly #original: Buffer;
  readonly #places: Places;
  /** Ends of the names of services. */
  readonly #services: readonly number[];
  /** By where an id of it is. */
  readonly #traces: ReadonlyMap<number, Trace>;
  readonly #firstUs: number;

  constructor() {
    // Requests one after the other are one.
    this.#original = Buffer.concat(RECORDINGS.flatMap(requestsOf));
    this.#places = placesIn(this.#original);
    const services = new Set<number>();
    const traces = new Map<string, { readonly at: number; spans: number }>();
    let firstUs = Number.POSITIVE_INFINITY;
    let spans = 0;
    scanRequest(this.#original, {
      span: ({ traceIdAt: at, serviceTo, startUs }) => {
        spans++;
        services.add(serviceTo);
        firstUs = Math.min(firstUs, startUs);
        const id = hexAt(this.#original, at);
        traces.set(id, { at: traces.get(id)?.at ?? at, spans: (traces.get(id)?.spans ?? 0) + 1 });
      },
      refused: (fault) => {
        throw new Error(`a recorded span is refused: ${fault}`);
      },
    });
    this.spans = spans;
    this.#services = [...services];
    this.#traces = new Map([...traces].map(([id, { at, spans: of }]) => [at, { id, spans: of }]));
    this.#firstUs = firstUs;
  }

  /** The replica of that number; its first span starts at that time. */
  make(number: number, startUs: number): Replica {
    const bytes = Buffer.from(this.#original);
    const other = Math.imul(number + 1, SPREAD);
    for (const at of this.#places.traceIds) bytes.writeInt32LE(bytes.readInt32LE(at) ^ other, at);
    const shiftNs = BigInt(Math.round(startUs - this.#firstUs)) * 1_000n;
    for (const at of this.#places.times) bytes.writeBigUInt64LE(bytes.readBigUInt64LE(at) + shiftNs, at);
    const instance = String(number % INSTANCES).padStart(2, '0');
    for (const end of this.#services) bytes.write(instance, end - instance.length);
    const traces = [...this.#traces].map(([at, { spans }]) => ({ id: hexAt(bytes, at), spans }));
    return { bytes, traces };
  }
}

const requestsOf = (name: string): Uint8Array[] =>
  readFileSync(`${folder}${name}.jsonl`, 'utf8')
    .trim()
    .split('\n')
    .map((line) => requestOfJson(line));

const hexAt = (bytes: Buffer, at: number): string => bytes.toString('hex', at, at + 16);

interface Places {
  readonly traceIds: number[];
  readonly times: number[];
}

/** Of ids and times of spans and of what they are linked with; events keep theirs. */
function placesIn(bytes: Uint8Array): Places {
  const places: Places = { traceIds: [], times: [] };
  each(bytes, 0, bytes.length, traceRequest.resourceSpans, (from, to) =>
    each(bytes, from, to, resourceSpans.scopeSpans, (scopeFrom, scopeTo) =>
      each(bytes, scopeFrom, scopeTo, scopeSpans.spans, (spanFrom, spanTo) => {
        each(bytes, spanFrom, spanTo, span.traceId, (at) => places.traceIds.push(at));
        each(bytes, spanFrom, spanTo, span.startTimeUnixNano, (at) => places.times.push(at));
        each(bytes, spanFrom, spanTo, span.endTimeUnixNano, (at) => places.times.push(at));
        each(bytes, spanFrom, spanTo, span.links, (linkFrom, linkTo) =>
          each(bytes, linkFrom, linkTo, link.traceId, (at) => places.traceIds.push(at)),
        );
      }),
    ),
  );
  return places;
}

/** Visits what a message has of one field. */
function each(
  bytes: Uint8Array,
  from: number,
  to: number,
  field: number,
  visit: (from: number, to: number) => unknown,
): void {
  const fields = new ProtoFields(bytes, from, to);
  while (fields.next()) if (fields.field === field) visit(fields.from, fields.to);
}
