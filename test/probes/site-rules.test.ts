import { describe, expect, it } from 'vitest';
import type { Instruction, Operation } from '../../src/binary/instruction.ts';
import { ControlFlow } from '../../src/probes/control-flow.ts';
import type { SiteRule } from '../../src/probes/hook.ts';
import { findPlaces } from '../../src/probes/site-rules.ts';

const CALLEE = 0x9000;

/** Where the rule finds its places in a function of those operations, four bytes each, or why there are none. */
function places(rule: SiteRule, operations: readonly Operation[]): number[] | string {
  const instructions = operations.map(
    (operation, index): Instruction => ({ ...operation, vaddr: 4 * index, length: 4, class: 'emulated' }),
  );
  const found = findPlaces(rule, {
    flow: new ControlFlow(instructions, new Set()),
    callsPush: true,
    entryOf: (symbol) => (symbol === 'callee' ? CALLEE : undefined),
    roundTrip: () => 'none',
    preferNop5: true,
  });
  return typeof found === 'string' ? found : found.map(({ index }) => index);
}

const call: Operation = { op: 'call', target: CALLEE };
const branch: Operation = { op: 'branch', target: 400, when: 'other' };
const store: Operation = { op: 'move', to: 'elsewhere' };
const compare: Operation = { op: 'compare' };
const load = (to: 0 | 1 | 2): Operation => ({ op: 'move', to });

describe('the first jump behind a call', () => {
  const rule = { at: 'branch_after_call', of: 'callee', arg: 0 } as const;

  it('is found over stores, comparisons and loads of other registers', () => {
    expect(places(rule, [call, store, load(2), compare, branch])).toEqual([4]);
  });

  it('is none if the register was changed before, or one that is wanted with it', () => {
    const none = 'no such place behind the call of callee';
    expect(places(rule, [call, load(0), branch])).toBe(none);
    expect(places({ ...rule, and: [1] }, [call, load(1), branch])).toBe(none);
    expect(places({ ...rule, and: [1] }, [call, load(2), branch])).toEqual([2]);
  });

  it('is none if something else may come there, or happens before', () => {
    const none = 'no such place behind the call of callee';
    expect(places(rule, [{ op: 'branch', target: 12, when: 'zero' }, call, store, branch])).toBe(none);
    expect(places(rule, [call, { op: 'other' }, branch])).toBe(none);
    expect(places(rule, [call, call, branch])).toBe('it calls callee in several places');
  });
});

describe('the first jumps behind all calls', () => {
  const rule = { at: 'branches_after_calls', of: 'callee', arg: 0 } as const;

  it('are one for each', () => {
    expect(places(rule, [call, branch, call, store, branch])).toEqual([1, 4]);
  });

  it('are none if one call has none', () => {
    expect(places(rule, [call, branch, call, load(0), branch])).toBe('no such place behind a call of callee');
    expect(places(rule, [branch])).toBe('it does not call callee');
  });
});

describe('the returns without a call', () => {
  const rule = { at: 'returns_without_call', arg: 0 } as const;
  const ret: Operation = { op: 'return' };
  const jumpTo = (index: number): Operation => ({ op: 'branch', target: 4 * index, when: 'zero' });

  it('are those that are reached from a jump, whether that is taken or not', () => {
    expect(places(rule, [call, jumpTo(4), store, ret, call, store, ret])).toEqual([3]);
    expect(places(rule, [call, jumpTo(4), { op: 'call_indirect' }, ret, store, ret])).toEqual([5]);
  });

  it('are none where each comes behind a call', () => {
    const none = 'it returns nowhere without a call before it';
    expect(places(rule, [branch, call, store, ret, { op: 'call_indirect' }, ret])).toBe(none);
  });
});
