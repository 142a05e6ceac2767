/** Span records for tests: a plain server span or call of a database, with what a test wants changed. */
import {
  type DbBody,
  dbFlag,
  dbOperation,
  dbSystem,
  type EvGcStop,
  type EvSample,
  type EvSpanEnd,
  type EvStack,
  evKind,
  type HttpBody,
  type SpanFamily,
  spanEnding,
  spanFlag,
  spanKind,
  spanTexts,
  timeUse,
  type WaitBody,
  wireLimit,
  wireSize,
} from '../../src/wire/wire.gen.ts';

type TextsOf<Family extends SpanFamily> = Partial<
  Record<(typeof spanTexts)[Family][number], string | Uint8Array>
>;
type Common = Omit<EvSpanEnd, SpanFamily>;
type Texts = TextsOf<'http'>;
type Changes = Partial<Common> & { readonly http?: Partial<HttpBody> };
type DbChanges = Partial<Common> & { readonly db?: Partial<DbBody> };

export const traceId = [0x0af76519, 0x16cd43dd, 0x8448eb21, 0x1c80319c] as const;
export const linkTraceId = [1, 2, 3, 4] as const;

/** The bit of `textCut` for a text. */
export const cutBit = (name: keyof Texts): number => 1 << spanTexts.http.indexOf(name);

/** The record of a plain server span, with what a test wants changed. */
export function makeRecord({ http, ...more }: Changes = {}, texts: Texts = {}, flags = 0): EvSpanEnd {
  const record = {
    ...common('http', texts, flags),
    http: { bodyBytes: -1, status: 0, protocol: 11, resends: 0, ...http },
    ...more,
  };
  // Of the bodies it has only its own.
  return record as EvSpanEnd;
}

/** The record of a query to a PostgreSQL on 127.0.0.1:5432, with what a test wants changed. */
export function makeDbRecord(
  { db, ...more }: DbChanges = {},
  texts: TextsOf<'db'> = {},
  flags: number = dbFlag.DB_FLAG_PEER | dbFlag.DB_FLAG_POOL,
): EvSpanEnd {
  const record = {
    ...common(
      'db',
      { statement: 'select name from items where id = $1', namespace: 'shop', ...texts },
      flags,
    ),
    spanKind: spanKind.SPAN_KIND_CLIENT,
    family: 2,
    db: {
      poolWaitNs: 0,
      poolUsed: 0,
      poolMax: 0,
      peerAddress: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1),
      sqlState: new Uint8Array(8),
      errorNumber: 0,
      errorWord: new Uint8Array(16),
      batchSize: 0,
      arguments: 0,
      database: 0,
      returnedRows: 0,
      peerPort: 5432,
      operation: dbOperation.DB_OPERATION_QUERY,
      system: dbSystem.DB_SYSTEM_POSTGRESQL,
      ...db,
    },
    ...more,
  };
  return record as EvSpanEnd;
}

/** The record of a wait for a mutex of 2 ms within the span of `makeRecord`, with what a test wants changed. */
export function makeWaitRecord({
  wait,
  ...more
}: Partial<Common> & { readonly wait?: Partial<WaitBody> } = {}): EvSpanEnd {
  const record = {
    ...common('wait', {}, spanFlag.SPAN_FLAG_PARENT),
    spanKind: spanKind.SPAN_KIND_INTERNAL,
    family: 3,
    spanId: [0x00f067aa, 0x0ba902b8],
    parentSpanId: [0x00f067aa, 0x0ba902b7],
    startKtimeNs: [101, 0],
    endKtimeNs: [101, 2_000_000],
    wait: {
      use: timeUse.TIME_MUTEX,
      wakerGoid: 7,
      readyNs: 1_500,
      peerAddress: new Uint8Array(16),
      peerPort: 0,
      fd: 0,
      ...wait,
    },
    ...more,
  };
  return record as EvSpanEnd;
}

/** The record of a look at a goroutine on a processor within the span of `makeRecord`, with what a test wants changed. */
export function makeSampleRecord(more: Partial<EvSample> = {}): EvSample {
  return {
    header: { kind: evKind.EV_SAMPLE, flags: 0, size: wireSize.EV_SAMPLE, targetId: 3, tid: 4243 },
    ktimeNs: [101, 0],
    periodNs: 10_000_000,
    goid: 18,
    traceId,
    spanId: [0x00f067aa, 0x0ba902b7],
    pc: 0x401000,
    link: 0,
    stackId: 0,
    kernelStackId: 0,
    use: timeUse.TIME_CPU,
    cpu: 1,
    ...more,
  };
}

/** The record of the frames of a stack. */
export function makeStackRecord(stackId: number, pc: readonly number[], flags = 0): EvStack {
  return {
    header: { kind: evKind.EV_STACK, flags, size: wireSize.EV_STACK, targetId: 3, tid: 4243 },
    stackId,
    frames: pc.length,
    pc: [...pc],
  };
}

/** Why the world is stopped, as the runtime numbers it. */
export const stopReasons = {
  ends: 1,
  begins: 2,
  readMemStats: 7,
  unknown: wireLimit.STOP_REASON_UNKNOWN,
} as const;

/** The record of a stop of 2 ms within the span of `makeRecord`, with what a test wants changed. */
export function makeStopRecord(more: Partial<EvGcStop> = {}): EvGcStop {
  return {
    header: { kind: evKind.EV_GC_STOP, flags: 0, size: wireSize.EV_GC_STOP, targetId: 3, tid: 4243 },
    startKtimeNs: [101, 0],
    endKtimeNs: [101, 2_000_000],
    goid: 7,
    reason: stopReasons.readMemStats,
    ...more,
  };
}

function common<Family extends SpanFamily>(family: Family, texts: TextsOf<Family>, flags: number): Common {
  const names: readonly (keyof TextsOf<Family>)[] = spanTexts[family];
  const encoded = names.map((name) => Buffer.from(texts[name] ?? ''));
  return {
    header: { kind: 1, flags, size: 0, targetId: 3, tid: 4243 },
    startKtimeNs: [100, 999_999_000],
    endKtimeNs: [102, 500],
    goid: 18,
    parentGoid: 0,
    traceId,
    linkTraceId,
    spanId: [0x00f067aa, 0x0ba902b7],
    parentSpanId: [0xb7ad6b71, 0x69203331],
    linkSpanId: [5, 6],
    gAddr: 0xc000_0010,
    errorTypeAddr: 0,
    textSizes: Uint16Array.from(encoded, ({ length }) => length),
    textCut: 0,
    spanKind: spanKind.SPAN_KIND_SERVER,
    family: 1,
    traceFlags: 1,
    depth: 0,
    ending: spanEnding.ENDING_RETURNED,
    text: new Uint8Array(Buffer.concat(encoded)),
  };
}
