import { describe, expect, test } from 'vitest';
import type { Instruction, Operation } from '../../src/binary/instruction.ts';
import { ControlFlow } from '../../src/probes/control-flow.ts';
import { findRoundTripSites } from '../../src/probes/round-trip.ts';

const attempt = 0x9000;
const interfaceEqual = 0xa000;
const panic = 0xb000;
const skipVariable = 0xc000;
const callees = { attempt, interfaceEqual };

/** A function of one-byte instructions: the number of a line is its address and its index. */
function flow(...operations: Operation[]): ControlFlow {
  const instructions = operations.map(
    (o, vaddr): Instruction => ({ ...o, vaddr, length: 1, class: 'emulated' }),
  );
  return new ControlFlow(instructions, new Set([panic]));
}

const ret: Operation = { op: 'return' };
const nop: Operation = { op: 'nop' };
const testError: Operation = { op: 'test_zero', register: 1 };
const call = (target: number): Operation => ({ op: 'call', target });
const jump = (target: number): Operation => ({ op: 'jump', target });
const branch = (target: number, when: 'zero' | 'nonzero' | 'other' = 'zero'): Operation => ({
  op: 'branch',
  target,
  when,
});

describe('the ends of roundTrip', () => {
  test('are the jump after an attempt and the return of its failure', () => {
    const sites = findRoundTripSites(flow(call(attempt), nop, testError, branch(5), ret, ret), callees);
    expect(sites).toEqual({ result: 3, otherReturns: [4] });
  });

  test('are the same when the compiler turned the condition round', () => {
    const sites = findRoundTripSites(flow(call(attempt), testError, branch(4, 'nonzero'), ret, ret), callees);
    expect(sites).toEqual({ result: 2, otherReturns: [4] });
  });

  test('hold for both transports that come together before the jump', () => {
    const sites = findRoundTripSites(
      flow(
        branch(3, 'other'),
        { op: 'call_indirect' },
        jump(5),
        call(attempt),
        nop,
        testError,
        branch(8),
        ret,
        ret,
      ),
      callees,
    );
    expect(sites).toEqual({ result: 6, otherReturns: [7] });
  });

  test('hold in a loop that tries again', () => {
    const sites = findRoundTripSites(
      flow(nop, call(attempt), testError, branch(6), branch(1, 'other'), ret, ret),
      callees,
    );
    expect(sites).toEqual({ result: 3, otherReturns: [5] });
  });

  test('include the return that only the runtime jumps to, after a recovered panic', () => {
    const sites = findRoundTripSites(
      flow(call(attempt), testError, branch(4), ret, ret, call(0xd000), ret),
      callees,
    );
    expect(sites).toEqual({ result: 2, otherReturns: [3, 6] });
  });

  test('do not run on behind a call that never returns', () => {
    const sites = findRoundTripSites(
      flow(call(attempt), testError, branch(4), ret, branch(6, 'other'), ret, call(panic), ret),
      callees,
    );
    expect(sites).toEqual({ result: 2, otherReturns: [3, 7] });
  });

  test('are not claimed when a return serves success and failure alike', () => {
    const sites = findRoundTripSites(flow(call(attempt), testError, branch(3), ret), callees);
    expect(sites).toBe('a return is reached both after success and after failure');
  });

  test('are not claimed when another path shares the test of the error', () => {
    const sites = findRoundTripSites(
      flow(branch(2, 'other'), call(attempt), testError, branch(5), ret, ret),
      callees,
    );
    expect(sites).toBe('the test of the error is shared with other paths');
  });

  test('are not claimed when the error is not tested', () => {
    expect(findRoundTripSites(flow(call(attempt), ret), callees)).toBe(
      'the error of an attempt is not tested right after the call',
    );
    expect(findRoundTripSites(flow(ret), callees)).toBe('it does not call net/http.(*persistConn).roundTrip');
  });
});

describe('the alternate transport', () => {
  const compare: Operation = { op: 'compare_memory', register: 1, address: skipVariable };
  const testEqual: Operation = { op: 'test_zero', register: 0 };
  const decisive = [
    { op: 'call_indirect' } as const,
    compare,
    branch(7, 'nonzero'), // 2: the type words differ: ended
    { op: 'move', to: 'elsewhere' } as const,
    call(interfaceEqual),
    testEqual,
    branch(8, 'nonzero'), // 6: the data words are equal: go on
    ret, // 7
    call(attempt),
    testError,
    branch(12),
    ret, // 11
    ret,
  ];

  test('ends at the jump on its error, and its return is no site', () => {
    expect(findRoundTripSites(flow(...decisive), callees)).toEqual({
      result: 10,
      alternate: { jump: 2, skipVariable },
      otherReturns: [11],
    });
  });

  test('ends at its return where the rest of the comparison is not understood', () => {
    const unknown = { ...callees, interfaceEqual: undefined };
    expect(findRoundTripSites(flow(...decisive), unknown)).toEqual({ result: 10, otherReturns: [7, 11] });
  });

  test('ends at its return where a register of the result is changed before the jump', () => {
    const changed = decisive.with(1, { op: 'move', to: 0 }).toSpliced(2, 0, compare);
    const moved = changed.map((o) =>
      'target' in o && o.op === 'branch' ? { ...o, target: o.target + 1 } : o,
    );
    expect(findRoundTripSites(flow(...moved), callees)).toEqual({ result: 11, otherReturns: [8, 12] });
  });
});
