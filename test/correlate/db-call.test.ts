import { describe, expect, it } from 'vitest';
import type { DbCall } from '../../src/correlate/db-call.ts';
import { spanFact } from '../../src/correlate/span-fact.ts';
import { dbFlag, type EvSpanEnd } from '../../src/wire/wire.gen.ts';
import { makeDbRecord } from './record.ts';

function callOf(record: EvSpanEnd): DbCall {
  const fact = spanFact(record);
  if (fact.family !== 'db') throw new Error(`a span of the family ${fact.family}`);
  return fact.body;
}

const sqlState = new Uint8Array(Buffer.from('23505\0\0\0'));
const failed = { errorTypeAddr: 0x6c0ffe };
const address = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);

describe('a call of a database', () => {
  it('is what the record says', () => {
    expect(callOf(makeDbRecord())).toEqual({
      operation: 'query',
      system: 'postgresql',
      statement: 'select name from items where id = $1',
      namespace: 'shop',
      peer: { address: '127.0.0.1', port: 5432 },
      statusCode: undefined,
      isCanceled: false,
      poolWaitNs: 0,
    });
  });

  it.each<[number, DbCall['operation']]>([
    [0, undefined],
    [1, 'query'],
    [2, 'exec'],
    [3, 'prepare'],
    [4, 'ping'],
    [5, 'begin'],
    [6, 'commit'],
    [7, 'rollback'],
    [8, 'batch'],
    [9, 'copy'],
    [10, 'connect'],
    [11, 'command'],
    [12, 'pipeline'],
    [13, 'transaction'],
    [14, undefined],
  ])('has the operation of the number %i: %s', (operation, expected) => {
    expect(callOf(makeDbRecord({ db: { operation } })).operation).toBe(expected);
  });

  it.each<[number, DbCall['system']]>([
    [0, 'other'],
    [1, 'postgresql'],
    [2, 'mysql'],
    [3, 'sqlite'],
    [4, 'redis'],
    [200, 'other'],
  ])('is of the system of the number %i: %s', (system, expected) => {
    expect(callOf(makeDbRecord({ db: { system } })).system).toBe(expected);
  });

  it('has no texts that are empty, and no server that was not found', () => {
    const call = callOf(makeDbRecord({}, { statement: '', namespace: '' }, 0));
    expect([call.statement, call.namespace, call.peer]).toEqual([undefined, undefined, undefined]);
  });

  it.each<[string, Uint8Array]>([
    ['10.0.0.255', address(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 255)],
    ['::1', address(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)],
    ['::', new Uint8Array(16)],
    ['2001:db8::1:0:0:1', address(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1)],
    ['fe80:0:1:2:3:4:5:6', address(0xfe, 0x80, 0, 0, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6)],
  ])('has a server at %s', (text, peerAddress) => {
    expect(callOf(makeDbRecord({ db: { peerAddress } })).peer?.address).toBe(text);
  });

  it('has the code of an error, by name or number, and none without an error', () => {
    expect(callOf(makeDbRecord({ ...failed, db: { sqlState } })).statusCode).toBe('23505');
    expect(callOf(makeDbRecord({ ...failed, db: { errorNumber: 1062 } })).statusCode).toBe('1062');
    expect(callOf(makeDbRecord({ ...failed })).statusCode).toBeUndefined();
    expect(callOf(makeDbRecord({ db: { sqlState, errorNumber: 1062 } })).statusCode).toBeUndefined();
  });

  it('of Redis has the word as its code that its error begins with, and the number of its database', () => {
    const coded = (text: string, more = {}): DbCall =>
      callOf(
        makeDbRecord({
          ...failed,
          db: { system: 4, errorWord: new Uint8Array(Buffer.from(text.padEnd(16, '\0'))), ...more },
        }),
      );
    expect(coded('WRONGTYPE Operati').statusCode).toBe('WRONGTYPE');
    expect(coded('EXECABORT').statusCode).toBe('EXECABORT');
    expect(coded('redis: connectio').statusCode).toBeUndefined();
    expect(coded('dial').statusCode).toBeUndefined();
    expect(coded('ERR', { database: 3, arguments: 2 })).toMatchObject({ namespace: '3', arguments: 2 });
  });

  it('has the rows that were counted, and a batch its size', () => {
    expect(callOf(makeDbRecord()).returnedRows).toBeUndefined();
    expect(callOf(makeDbRecord({ db: { returnedRows: 1, batchSize: 3 } }))).toMatchObject({
      returnedRows: 0,
      batchSize: 3,
    });
  });

  it('is cancelled only if it has failed', () => {
    expect(callOf(makeDbRecord(failed, {}, dbFlag.DB_FLAG_CANCELED)).isCanceled).toBe(true);
    expect(callOf(makeDbRecord({}, {}, dbFlag.DB_FLAG_CANCELED)).isCanceled).toBe(false);
    expect(callOf(makeDbRecord(failed)).isCanceled).toBe(false);
  });

  it('has waited for no time if it still waits', () => {
    expect(callOf(makeDbRecord({ db: { poolWaitNs: 1_500 } })).poolWaitNs).toBe(1_500);
    expect(callOf(makeDbRecord({ db: { poolWaitNs: -5e15 } })).poolWaitNs).toBe(0);
  });
});
