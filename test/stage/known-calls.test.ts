/** Calls that are counted by their records as they are come to the same as calls of which each was decoded. */
import { describe, expect, it } from 'vitest';
import { SpanStage } from '../../src/stage/span-stage.ts';
import { batchOf } from '../../src/wire/batch.ts';
import {
  dbFlag,
  dbOperation,
  dbSystem,
  httpFlag,
  spanFlag,
  spanTailBytes,
  timeUse,
} from '../../src/wire/wire.gen.ts';
import { type RawValues, rawSpan } from '../correlate/raw-record.ts';
import { countOf } from '../support/call-series.ts';
import { Random } from '../support/random.ts';
import { ALL_SAMPLED, batchWith, rawRoot, traceIdOf } from './keep-traces.ts';

const BEGIN_NS = 1e15;
const KEEP = { rules: { slow: true, error: true, ratio: 0.01 }, sampler: ALL_SAMPLED };
/** With a name, without one, and of a name that comes later. */
const ERRORS = { named: 0x51_0000, nameless: 0x52_0000, late: 0x53_0000 };
const TARGET = { kind: 'target', pid: 42, exe: '/a', serviceName: 'a', attributes: {} } as const;

/** Only the one that keeps decodes no record of a call that it knows. */
function staging(keeps: boolean, routes: readonly string[] = []): SpanStage {
  const stage = new SpanStage({
    processors: [],
    routes,
    ...(keeps && { keep: KEEP }),
    askTypeName: (targetId, address) => {
      if (address === ERRORS.late) return;
      const name = address === ERRORS.named ? '*net.OpError' : null;
      stage.take({ kind: 'type_name', targetId, address, name });
    },
  });
  for (const targetId of [1, 2]) stage.take({ ...TARGET, targetId });
  stage.countCalls(true);
  return stage;
}

const countsOf = (stage: SpanStage) => ({
  calls: stage.calls(),
  byTarget: stage.countsByTarget,
  lost: stage.counters.lost(),
});

/** Nearly always the first. */
const seldom = <T>(random: Random, usual: T, ...others: readonly T[]): T =>
  random.below(12) === 0 ? random.pick(others) : usual;

function rawCall(random: Random): Uint8Array {
  const lasted = random.pick([0, 1, 4_999_999, 5_000_000, 5_000_001, 3e8, 2e10]);
  const start = BEGIN_NS + random.below(1e9);
  const hasTime = random.below(3) === 0;
  const goid = seldom(random, 7, 0, 0xc0_0000_0008);
  const values: RawValues = {
    ...{ target_id: seldom(random, 1, 2, 3), goid, parent_goid: seldom(random, 0, 5, goid) },
    ...{ start_ktime_ns: start, end_ktime_ns: seldom(random, start + lasted, start - 1) },
    ...{ ending: seldom(random, 1, 0, 2, 3, 4, 99), depth: random.below(2), span_kind: 1 + random.below(2) },
    error_type_addr: seldom(random, 0, ...Object.values(ERRORS)),
  };
  const flags = (hasTime ? spanFlag.SPAN_FLAG_TIME : 0) | random.pick([0, spanFlag.SPAN_FLAG_PARENT]);
  const record = random.below(4) === 0 ? rawDb(random, values, flags) : rawHttp(random, values, flags);
  if (hasTime) setTime(record, random, lasted);
  return record;
}

function rawHttp(random: Random, values: RawValues, flags: number): Uint8Array {
  const status = seldom(random, 200, 404, 500, 99, 1_000);
  return rawSpan(
    'http',
    {
      ...values,
      flags: flags | seldom(random, httpFlag.HTTP_FLAG_STATUS, 0),
      ...{ status, protocol: seldom(random, 11, 20, 49), body_bytes: random.below(100) },
      text_cut: seldom(random, 0, 1 << 7, 1 << 4),
    },
    {
      method: seldom(random, 'GET', 'POST', 'BREW', 'B@D', ''),
      host: seldom(random, 'shop', 'sh\u0007p'),
      path: seldom(random, `/users/${random.below(50)}`, '/users', '*', '', 'users', '/users/'),
      pattern: seldom(random, '/users/{id}', '/users/', '/', '', '/%75sers/'),
    },
  );
}

function rawDb(random: Random, values: RawValues, flags: number): Uint8Array {
  return rawSpan(
    'db',
    {
      ...values,
      flags: flags | seldom(random, 0, dbFlag.DB_FLAG_CANCELED),
      system: dbSystem.DB_SYSTEM_POSTGRESQL,
      operation: seldom(random, dbOperation.DB_OPERATION_QUERY, dbOperation.DB_OPERATION_PING, 0, 99),
      sql_state: Buffer.from(seldom(random, '', '23505', 'wrong')),
      pool_wait_ns: random.below(1_000),
    },
    { statement: seldom(random, 'select 1', '', 'insert into t'), namespace: 'db' },
  );
}

/** Sometimes more than it lasted. */
function setTime(record: Uint8Array, random: Random, lasted: number): void {
  const size = Buffer.from(record.buffer, record.byteOffset).readUInt32LE(4);
  const bytes = spanTailBytes(spanFlag.SPAN_FLAG_TIME);
  const time = Buffer.from(record.buffer, record.byteOffset + size - bytes, bytes);
  const cpu = seldom(random, Math.floor(lasted / 2), lasted + 1);
  time.writeBigUInt64LE(BigInt(cpu), 8 * timeUse.TIME_CPU);
}

describe('calls counted by their records', () => {
  it.each([1, 2, 3, 4, 5, 6])('come to the same as when each is decoded (seed %i)', (seed) => {
    const random = new Random(seed);
    const routes = seed % 2 ? ['/users/{id}'] : [];
    const [decoding, knowing] = [staging(false, routes), staging(true, routes)];
    const both = [decoding, knowing];
    for (let round = 0; round < 40; round++) {
      const bytes = Buffer.concat(Array.from({ length: 100 }, () => rawCall(random)));
      for (const stage of both) {
        const batch = batchOf(Uint8Array.from(bytes).buffer);
        expect(stage.decode(batch, (kept) => stage.takersOf(kept))).toBe(100);
        if (round === 15)
          stage.take({ kind: 'type_name', targetId: 1, address: ERRORS.late, name: '*late.Error' });
        if (round === 20) stage.take({ kind: 'forget', targetId: 2 });
        if (round === 30) stage.take({ ...TARGET, targetId: 2 });
        if (round === 35) stage.countCalls(false);
        if (round === 37) stage.countCalls(true);
      }
    }
    expect(countsOf(knowing)).toEqual(countsOf(decoding));
    expect(countOf(knowing.calls(), 'http.server.request.duration')).toBeGreaterThan(500);
    expect(knowing.countsByTarget.get(1)?.routes.some(({ requestNs }) => requestNs.length > 0)).toBe(true);
  });

  it('are told apart by the route that a redirect has none of', () => {
    const stage = staging(true);
    const ask = (path: string): Uint8Array => {
      const values = { target_id: 1, goid: 7, span_kind: 1, protocol: 11, end_ktime_ns: 1 };
      return rawSpan('http', values, { method: 'GET', path, pattern: '/users/' });
    };
    stage.decode(batchWith(...['/users/1', '/users/2', '/users/3', '/users', '/users/4'].map(ask)), (kept) =>
      stage.takersOf(kept),
    );
    expect(countOf(stage.calls(), 'http.server.request.duration', { 'http.route': '/users/' })).toBe(4);
    expect(countOf(stage.calls(), 'http.server.request.duration')).toBe(5);
  });

  it('are of a target that is known: those of one that is forgotten are lost', () => {
    const stage = staging(true);
    const take = () =>
      stage.decode(batchWith(rawRoot({ id: 1, trace: traceIdOf(1, 0), more: { trace_flags: 0 } })), (kept) =>
        stage.takersOf(kept),
      );
    for (let times = 0; times < 4; times++) take();
    stage.take({ kind: 'forget', targetId: 1 });
    take();
    expect(stage.calls()).toEqual([]);
    expect(stage.counters.lost()).toEqual({ target_unknown: 1 });
  });
});
