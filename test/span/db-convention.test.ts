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
