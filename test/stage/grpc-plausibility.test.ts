import { expect, it } from 'vitest';
import type { GrpcCall } from '../../src/correlate/grpc-call.ts';
import { LiveCheck } from '../../src/stage/live-check.ts';
import { makeGrpcFact } from '../span/fact.ts';

const passes = (spanKind: 'client' | 'server', ...calls: Partial<GrpcCall>[]): boolean[] => {
  const check = new LiveCheck();
  return calls.map((grpc) => check.judge(makeGrpcFact({ spanKind }, grpc)).passes);
};

it('a method that no client could have sent never passes where it is served', () => {
  expect(passes('server', {}, { method: '/shop\u0000' })).toEqual([true, false]);
  expect(passes('client', { method: '/shop\u0000' })).toEqual([true]);
});

it.each<[string, Partial<GrpcCall>]>([
  ['without a method', { method: undefined }],
  ['with a code as no program has one', { code: 0xc000 * 4 }],
])('a call %s is believed once another one was', (_, odd) => {
  expect(passes('server', odd, {}, odd)).toEqual([false, true, true]);
});
