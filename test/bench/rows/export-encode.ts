/** What it takes to make protobuf of a span: of one that is ready, and of a record. */
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { SpanFact } from '../../../src/correlate/fact.ts';
import { spanFact } from '../../../src/correlate/span-fact.ts';
import type { FactSink, SpanSink } from '../../../src/export/span-sink.ts';
import { NO_LIMITS } from '../../../src/otlp/limits.ts';
import { TraceRequestBuilder } from '../../../src/otlp/trace-request.ts';
import type { Frame } from '../../../src/recording/format.ts';
import type { ReadableSpan } from '../../../src/span/readable-span.ts';
import { SpanStage } from '../../../src/stage/span-stage.ts';
import { batchOf } from '../../../src/wire/batch.ts';
import { decodeBatch } from '../../../src/wire/decode.ts';
import type { Bench } from '../bench.ts';
import { type Figure, figureOf, type Goal, numberText } from '../figure.ts';
import { withRecording } from '../program.ts';
import { recordedFrames } from '../recorded.ts';
import { ratioOf, spreadOf } from '../statistics.ts';
import { makeSyntheticSpan } from '../synthetic-span.ts';

const BATCH = 512;
/** Many more than a cache holds: when they come again they are new to it. */
const RECORDS = 32_768;
const row = 'export-encode';

/** Encodes a batch and returns its bytes. */
type Encode = () => number;

export async function exportEncode(bench: Bench): Promise<Figure[]> {
  const rounds = bench.quick ? 3 : 60;
  const spans = Array.from({ length: BATCH }, (_, index) => makeSyntheticSpan(index + 1));
  const ready = compare(
    rounds,
    () => encodeReady(spans),
    () => serialize(spans),
  );
  const frames = await withRecording(bench, RECORDS, recordedFrames);
  const found = foundFigures(frames);
  const records = compare(rounds, encodeRecords(frames), serializeRecords(frames));
  return [
    ...figuresOf(`ready span of 12 attributes and 3 events (${bytesOf(ready)} B) → protobuf`, ready, {
      atMost: 1.5,
    }),
    ...figuresOf(`record of the ring → protobuf (${bytesOf(records)} B)`, records),
    ...found,
  ];
}

interface Compared {
  readonly ours: readonly number[];
  readonly stock: readonly number[];
  readonly bytes: number;
}

const bytesOf = ({ bytes }: Compared): string => numberText(Math.round(bytes));

/** Microseconds a span in each round, in turns; half the rounds before are for the compiler. */
function compare(rounds: number, ours: Encode, stock: Encode): Compared {
  const times = { ours: [] as number[], stock: [] as number[] };
  for (let round = -rounds / 2; round < rounds; round++) {
    const took = { ours: timeOf(ours), stock: timeOf(stock) };
    if (round < 0) continue;
    times.ours.push(took.ours);
    times.stock.push(took.stock);
  }
  return { ...times, bytes: ours() / BATCH };
}

const REPEATS = 16;

function timeOf(encode: Encode): number {
  const began = performance.now();
  for (let repeat = 0; repeat < REPEATS; repeat++) encode();
  return ((performance.now() - began) * 1000) / (REPEATS * BATCH);
}

function figuresOf(what: string, { ours, stock }: Compared, goal?: Goal): Figure[] {
  const least = (values: readonly number[]) => numberText(spreadOf(values).low);
  const median = (values: readonly number[]) => numberText(spreadOf(values).median);
  const detail = `at least ${least(ours)}; stock ${median(stock)}, at least ${least(stock)}`;
  return [
    figureOf({ row, what, unit: 'µs', detail, ...(goal && { goal }) }, spreadOf(ours)),
    figureOf({ row, what: '… stock ÷ ours' }, ratioOf(stock, ours)),
  ];
}

const request = new TraceRequestBuilder(NO_LIMITS);

function encodeReady(spans: readonly ReadableSpan[]): number {
  for (const span of spans) request.addSpan(span);
  return request.take().bytes.byteLength;
}

const serialize = (spans: readonly ReadableSpan[]): number =>
  ProtobufTraceSerializer.serializeRequest(spans as never)?.byteLength ?? 0;

/** How many records of a recording say what was said before: all of it, or what recurs. */
function foundFigures(frames: readonly Frame[]): Figure[] {
  const facts: SpanFact[] = [];
  for (const frame of frames) {
    if (frame.kind !== 'batch') continue;
    decodeBatch(batchOf(frame.bytes), { spanEnd: (record) => facts.push(spanFact(record)), bad: () => {} });
  }
  const share = (found: (fact: SpanFact) => unknown): number =>
    (100 * facts.filter(found).length) / facts.length;
  return [
    figureOf(
      { row, what: 'records of which what recurs is copied', unit: '%' },
      share(({ recurring, isBodyShared }) => recurring || isBodyShared),
    ),
    figureOf(
      { row, what: '… or all but ids and times', unit: '%' },
      share(({ isBodyShared }) => isBodyShared),
    ),
  ];
}

/** Decode, correlate and encode, as the draining thread does it. */
function encodeRecords(frames: readonly Frame[]): Encode {
  const sink: FactSink = { onFact: (fact, source) => void request.addFact(fact, source) };
  const batch = batchesOf(frames, sink);
  return () => {
    batch();
    return request.take().bytes.byteLength;
  };
}

/** The same with spans between, and the stock serializer behind. */
function serializeRecords(frames: readonly Frame[]): Encode {
  let spans: ReadableSpan[] = [];
  const onEnd = (span: ReadableSpan): void => void spans.push(span);
  const sink: SpanSink = { onEnd, forceFlush: async () => {}, shutdown: async () => {} };
  const batch = batchesOf(frames, sink);
  return () => {
    spans = [];
    batch();
    return serialize(spans);
  };
}

/** Each call puts the next 512 records through a stage of its own. */
function batchesOf(frames: readonly Frame[], sink: FactSink | SpanSink): () => void {
  const stage = new SpanStage({ processors: [sink] });
  const parts: ArrayBuffer[] = [];
  for (const frame of frames) {
    if (frame.kind === 'start') stage.scope = frame.scope;
    else if (frame.kind === 'batch') parts.push(...cut(frame.bytes));
    else if (frame.kind === 'clock' || frame.kind === 'target') stage.take(frame);
  }
  const whole = joined(parts);
  let next = 0;
  return () => {
    decodeBatch(batchOf(whole[next++ % whole.length] as ArrayBuffer), {
      spanEnd: (record) => stage.emit(record),
      bad: (reason) => {
        throw new Error(`the recording is bad: ${reason}`);
      },
    });
  };
}

/** One record each. */
function cut(batch: ArrayBuffer): ArrayBuffer[] {
  const starts: number[] = [];
  const nothing = () => {};
  decodeBatch(batchOf(batch), {
    spanEnd: (_, at) => starts.push(at),
    bad: nothing,
  });
  return starts.map((start, index) => batch.slice(start, starts[index + 1] ?? batch.byteLength));
}

/** Batches of 512 records. */
function joined(records: readonly ArrayBuffer[]): ArrayBuffer[] {
  const batches: ArrayBuffer[] = [];
  for (let first = 0; first + BATCH <= records.length; first += BATCH) {
    const all = Buffer.concat(records.slice(first, first + BATCH).map((record) => new Uint8Array(record)));
    batches.push(Uint8Array.from(all).buffer);
  }
  if (batches.length === 0) throw new Error(`the recording has only ${records.length} records`);
  return batches;
}
