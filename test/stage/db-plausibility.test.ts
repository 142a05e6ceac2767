import { expect, it } from 'vitest';
import type { DbCall } from '../../src/correlate/db-call.ts';
import { LiveCheck } from '../../src/stage/live-check.ts';
import { makeDbFact } from '../span/fact.ts';

const passes = (...calls: Partial<DbCall>[]): boolean[] => {
  const check = new LiveCheck();
  return calls.map((db) => check.judge(makeDbFact({}, db)).passes);
};

it.each<[string, Partial<DbCall>]>([
  ['without an operation', { operation: undefined }],
  ['with a code of small letters', { statusCode: 'error' }],
  ['with a code that is cut', { statusCode: '42P' }],
  ['of Redis with an SQLSTATE', { system: 'redis', operation: 'command', statusCode: '42P01' }],
])('a call %s never passes', (_, wrong) => {
  expect(passes({}, wrong)).toEqual([true, false]);
});

it.each<[string, Partial<DbCall>]>([
  ['with an SQLSTATE', { statusCode: '42P01' }],
  ['with a number', { statusCode: '1062' }],
  ['of Redis with a word', { system: 'redis', operation: 'command', statusCode: 'WRONGTYPE' }],
  ['that pings', { operation: 'ping', statement: undefined }],
  ['of a driver that is not known', { system: 'other', namespace: undefined, peer: undefined }],
])('a call %s passes', (_, right) => {
  expect(passes(right)).toEqual([true]);
});

it('a statement that cannot be read is believed once another one was', () => {
  const empty = { statement: undefined };
  expect(passes(empty, {}, empty)).toEqual([false, true, true]);
});
