import { describe, expect, it } from 'vitest';
import { batchOf, type Ktime } from '../../src/wire/batch.ts';
import {
  readDbBody,
  readEvGcStop,
  readEvGoroutineTurns,
  readEvHeader,
  readEvProcessExec,
  readEvProcessExit,
  readEvSample,
  readEvSpanEnd,
  readEvStack,
  readGrpcBody,
  readHttpBody,
  readSpanConnection,
  readSpanTime,
  readWaitBody,
  rowSources,
  type Settings,
  type TargetRow,
  wireSize,
  writeSettings,
  writeTargetRow,
} from '../../src/wire/wire.gen.ts';
import { type Golden, goldenStructs } from './golden.ts';

const structs = new Map(goldenStructs().map((golden) => [golden.struct, golden]));

const readers = {
  ev_header: readEvHeader,
  ev_span_end: readEvSpanEnd,
  http_body: readHttpBody,
  db_body: readDbBody,
  wait_body: readWaitBody,
  grpc_body: readGrpcBody,
  span_connection: readSpanConnection,
  span_time: readSpanTime,
  ev_process_exec: readEvProcessExec,
  ev_process_exit: readEvProcessExit,
  ev_gc_stop: readEvGcStop,
  ev_goroutine_turns: readEvGoroutineTurns,
  ev_stack: readEvStack,
  ev_sample: readEvSample,
};

function goldenOf(struct: string): Golden {
  const golden = structs.get(struct);
  if (golden === undefined) throw new Error(`wire.h has no struct ${struct}`);
  return golden;
}

const isRecord = (name: string): boolean => name.startsWith('ev_');
const camel = (name: string): string => name.replace(/_([a-z0-9])/g, (_, c: string) => c.toUpperCase());

/** A decoded field in the form in which C printed it. */
function printed(value: unknown): string {
  if (ArrayBuffer.isView(value)) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex');
  }
  if (Array.isArray(value) && value.length > 4) return value.join();
  if (Array.isArray(value)) return value.map((word: number) => word.toString(16).padStart(8, '0')).join('');
  return String(value);
}

const isKtime = (name: string): boolean => name.endsWith('KtimeNs') || name === 'ktimeNs';

/** The fields of a record, which are properties of it or, of a view, getters of its class. */
function entriesOf(record: object): [string, unknown][] {
  const getters = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(record) as object);
  const names = Object.keys(getters).filter(
    (name) => !['__proto__', 'batch', 'at'].includes(name) && getters[name]?.get !== undefined,
  );
  return [...Object.keys(record), ...names].map((name) => [name, record[name as keyof typeof record]]);
}

function flatten(record: object): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of entriesOf(record)) {
    if (name === 'header') {
      for (const [inner, field] of Object.entries(value as object)) flat[`header.${inner}`] = printed(field);
    } else if (isKtime(name)) {
      const [seconds, nanos] = value as Ktime;
      flat[name] = String(BigInt(seconds) * 1_000_000_000n + BigInt(nanos));
    } else {
      flat[name] = printed(value);
    }
  }
  return flat;
}

describe('a record filled by C', () => {
  it.each(Object.entries(readers))('%s is read field by field as it was filled', (struct, read) => {
    const { bytes, fields } = goldenOf(struct);
    const buffer = new ArrayBuffer(8 + ((bytes.length + 7) & ~7));
    new Uint8Array(buffer).set(bytes, 8);
    // What lies behind the fields of a span is read by its family: see `http_body`.
    const {
      http: _,
      db: __,
      wait: ______,
      grpc: _______,
      text: ___,
      connection: ________,
      time: _____,
      ...got
    } = flatten(read(batchOf(buffer), 8));
    const { rest: ____, ...want } = fields;
    expect(got).toEqual(
      Object.fromEntries(Object.entries(want).map(([name, value]) => [camel(name), value])),
    );
  });

  it.each(Object.keys(readers).filter(isRecord))('%s has the size that TypeScript knows', (struct) => {
    expect(goldenOf(struct).bytes.length).toBe(wireSize[struct.toUpperCase() as keyof typeof wireSize]);
  });

  it('is every record that there is', () => {
    expect([...structs.keys()].filter(isRecord).sort()).toEqual(Object.keys(readers).filter(isRecord).sort());
  });
});

describe('a map value written by TypeScript', () => {
  /** The value of TypeScript from the members that C printed, `part.member` as an object within it. */
  const memberValues = (struct: string, big: readonly string[]): Record<string, unknown> => {
    const value: Record<string, unknown> = {};
    for (const [path, text] of Object.entries(goldenOf(struct).fields)) {
      const [last = '', ...outer] = path.split('.').map(camel).reverse();
      let part = value;
      for (const name of outer.reverse()) {
        part[name] ??= {};
        part = part[name] as Record<string, unknown>;
      }
      part[last] = memberValue(last, text, big.includes(path));
    }
    return value;
  };

  const memberValue = (name: string, text: string, isBig: boolean): unknown => {
    if (isKtime(name)) return [Math.floor(Number(text) / 1e9), Number(text) % 1e9];
    if (name === 'timeByReason') return new Uint8Array(Buffer.from(text, 'hex'));
    return isBig ? BigInt(text) : Number(text);
  };

  it('holds the settings as C would', () => {
    const settings = memberValues('settings', ['sampler_reject_below']) as unknown as Settings;
    expect(Buffer.from(writeSettings(settings)).toString('hex')).toBe(hex(goldenOf('settings')));
  });

  it('holds the row of a target as C would', () => {
    const row = memberValues('target_row', ['load_bias']) as unknown as TargetRow;
    expect(Buffer.from(writeTargetRow(row)).toString('hex')).toBe(hex(goldenOf('target_row')));
  });

  it('tells for every member of a part of the row where it is found', () => {
    const members = Object.entries(rowSources).flatMap(([part, sources]) =>
      Object.keys(sources).map((member) => `${part}.${member}`),
    );
    const inParts = Object.keys(goldenOf('target_row').fields).filter((path) => path.includes('.'));
    expect(members.sort()).toEqual(inParts.map((path) => path.split('.').map(camel).join('.')).sort());
  });

  const hex = ({ bytes }: Golden): string => Buffer.from(bytes).toString('hex');
});
