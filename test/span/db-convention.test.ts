import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import type { DbCall } from '../../src/correlate/db-call.ts';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { toSpan } from '../../src/span/to-span.ts';
import { makeDbFact, makeSource } from './fact.ts';

const ERROR_TYPE = 0x6c0ffe;

const spanOf = (
  db: Partial<DbCall> = {},
  more: Parameters<typeof makeDbFact>[0] = {},
  source = makeSource(),
): ReadableSpan => toSpan(makeDbFact(more, db), source);

describe('a call of a database', () => {
  it('is described by the stable names of the database conventions', () => {
    const statement = "SELECT name FROM items WHERE id = $1 AND kind = 'secret'";
    const span = spanOf({ statement, poolWaitNs: 1_500_000_000 });
    expect(span.kind).toBe(SpanKind.CLIENT);
    expect(span.name).toBe('SELECT items');
    expect(span.status).toEqual({ code: SpanStatusCode.UNSET });
    expect(span.attributes).toEqual({
      'db.system.name': 'postgresql',
      'db.namespace': 'shop',
      'db.query.text': 'SELECT name FROM items WHERE id = $1 AND kind = ?',
      'db.query.summary': 'SELECT items',
      'db.operation.name': 'SELECT',
      'db.collection.name': 'items',
      'server.address': '127.0.0.1',
      'server.port': 5432,
      'network.peer.address': '127.0.0.1',
      'network.peer.port': 5432,
      'db.client.connection.wait_time': 1.5,
      'goidspan.goid': 18,
      'thread.id': 4243,
    });
  });

  it('leaves out what is not known', () => {
    const nothing = { statement: undefined, namespace: undefined, peer: undefined } as const;
    expect(spanOf({ ...nothing, operation: undefined, system: 'other' }).attributes).toEqual({
      'db.system.name': 'other_sql',
      'goidspan.goid': 18,
      'thread.id': 4243,
    });
  });

  it.each<[string, Partial<DbCall>]>([
    ['insert orders', { operation: 'exec', statement: 'insert into orders values (1)' }],
    ['PREPARE insert orders', { operation: 'prepare', statement: 'insert into orders values (?)' }],
    ['PREPARE', { operation: 'prepare', statement: 'nonsense' }],
    ['PING shop', { operation: 'ping', statement: undefined }],
    ['BEGIN shop', { operation: 'begin', statement: undefined }],
    ['COMMIT shop', { operation: 'commit', statement: undefined }],
    ['ROLLBACK 127.0.0.1:5432', { operation: 'rollback', statement: undefined, namespace: undefined }],
    ['PING', { operation: 'ping', statement: undefined, namespace: undefined, peer: undefined }],
    ['shop', { statement: 'nonsense' }],
    ['127.0.0.1:5432', { statement: 'nonsense', namespace: undefined }],
    ['mysql', { statement: 'nonsense', namespace: undefined, peer: undefined, system: 'mysql' }],
  ])('is named %s', (name, db) => {
    expect(spanOf(db).name).toBe(name);
  });

  it.each<[string, Partial<DbCall>, Record<string, unknown>]>([
    [
      'BATCH insert orders',
      { batchSize: 3, isAlike: true },
      { 'db.operation.name': 'BATCH insert', 'db.operation.batch.size': 3 },
    ],
    ['insert orders', { batchSize: 1, isAlike: true }, { 'db.operation.name': 'insert' }],
    ['BATCH shop', { batchSize: 3, statement: undefined }, { 'db.operation.name': 'BATCH' }],
    ['COPY orders', { operation: 'copy', statement: 'orders' }, { 'db.collection.name': 'orders' }],
    ['CONNECT', { operation: 'connect', statement: undefined, namespace: undefined, peer: undefined }, {}],
  ])('of pgx is named %s', (name, db, attributes) => {
    const span = spanOf({ operation: 'batch', statement: 'insert into orders values (1)', ...db });
    expect(span.name).toBe(name);
    expect(span.attributes).toMatchObject(attributes);
    if (db.batchSize === 1) expect(span.attributes).not.toHaveProperty('db.operation.batch.size');
  });

  const redis: Partial<DbCall> = {
    system: 'redis',
    operation: 'command',
    namespace: '3',
    peer: undefined,
    server: 'cache.example:6380',
  };

  it.each<[string, string | undefined, Partial<DbCall>]>([
    ['get', 'get ?', { statement: 'get', arguments: 1 }],
    ['SetBit', 'SetBit ? ? ?', { statement: 'SetBit key 7 ?', arguments: 3 }],
    ['mget', `mget${' ?'.repeat(16)} ...`, { statement: 'mget', arguments: 1000 }],
    ['ping', 'ping', { statement: 'ping' }],
    ['redis', undefined, { statement: 'secret:17' }],
    ['PIPELINE incr', 'incr', { operation: 'pipeline', statement: 'incr', isAlike: true, batchSize: 5 }],
    ['PIPELINE', 'set\nget', { operation: 'pipeline', statement: 'set a\nget b', batchSize: 2 }],
    ['incr', 'incr', { operation: 'pipeline', statement: 'incr', isAlike: true, batchSize: 1 }],
    ['MULTI incr', 'incr', { operation: 'transaction', statement: 'incr', isAlike: true, batchSize: 1 }],
  ])('of Redis is named %s and tells no key and no value', (name, text, db) => {
    const span = spanOf({ ...redis, ...db });
    expect(span.name).toBe(name);
    expect(span.attributes['db.query.text']).toBe(text);
    expect(span.attributes).toMatchObject({
      'db.system.name': 'redis',
      'db.namespace': '3',
      'server.address': 'cache.example',
      'server.port': 6380,
    });
    expect(span.attributes).not.toHaveProperty('network.peer.address');
  });

  it('of Redis is for the server as the program has it', () => {
    const placeOf = (server: string): unknown => {
      const { attributes } = spanOf({ ...redis, statement: 'get', server });
      return Object.entries(attributes)
        .filter(([key]) => /^(server|network)/.test(key))
        .map(([, value]) => value);
    };
    expect(placeOf('127.0.0.1:6379')).toEqual(['127.0.0.1', 6379, '127.0.0.1', 6379]);
    expect(placeOf('[::1]:6379')).toEqual(['::1', 6379, '::1', 6379]);
    expect(placeOf('/run/redis.sock')).toEqual(['/run/redis.sock']);
    // What a client that asks sentinels has instead.
    expect(placeOf('FailoverClient')).toEqual([]);
  });

  it('tells a command that has no statement as its operation', () => {
    expect(spanOf({ operation: 'begin', statement: undefined }).attributes).toMatchObject({
      'db.operation.name': 'BEGIN',
    });
  });

  it('never has a literal in its name, in whatever form its text is told', () => {
    const statement = "select 'secret' from items";
    const names = (['sanitized', 'raw', 'none'] as const).map((dbStatement) => {
      const { name, attributes } = spanOf({ statement }, {}, makeSource({ dbStatement }));
      return [name, attributes['db.query.summary'], attributes['db.query.text']];
    });
    expect(names).toEqual([
      ['select items', 'select items', 'select ? from items'],
      ['select items', 'select items', statement],
      ['select items', 'select items', undefined],
    ]);
  });

  it.each<[string, Partial<DbCall>, number]>([
    ['23505', { statusCode: '23505' }, ERROR_TYPE],
    ['context.Canceled', { isCanceled: true }, ERROR_TYPE],
    ['*net.OpError', {}, ERROR_TYPE],
    ['_OTHER', {}, 1],
  ])('that fails has the error.type %s', (errorType, db, errorTypeAddr) => {
    const span = spanOf(db, { errorTypeAddr });
    expect(span.attributes['error.type']).toBe(errorType);
    expect(span.attributes['db.response.status_code']).toBe(db.statusCode);
    expect(span.status.code).toBe(SpanStatusCode.ERROR);
  });
});
