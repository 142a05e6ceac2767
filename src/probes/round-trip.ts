/**
 * Where `net/http.(*Transport).roundTrip` ends, by a pass over its control flow: the success path gets a cheap site,
 * and each return that no cheap site has ended before gets one of its own, so that every call ends exactly once.
 *
 * The function tries connections in a loop: `resp, err = pconn.roundTrip(treq)` or `pconn.alt.RoundTrip(req)`, and
 * returns if `err == nil`. Before that, `altRT.RoundTrip(req)` is asked, and its result returned unless the error is
 * `ErrSkipAltProtocol`. Both decisions are conditional jumps (emulated) with AX, BX and CX still as returned.
 */

import type { ArgumentRegister, Instruction } from '../binary/instruction.ts';
import type { ControlFlow } from './control-flow.ts';

/** Indexes into the function's instructions. */
export interface RoundTripSites {
  /** The jump on `err == nil` after an attempt. */
  readonly result: number;
  /** The jump on `err != ErrSkipAltProtocol`, and the link-time address of that variable. */
  readonly alternate?: { readonly jump: number; readonly skipVariable: number };
  /** The returns that are reached without passing an end at one of the above. */
  readonly otherReturns: readonly number[];
}

/** Entries of the functions that the analysis recognises by their calls. */
export interface RoundTripCallees {
  /** `net/http.(*persistConn).roundTrip` */
  readonly attempt: number;
  /** `runtime.ifaceeq`: compares the data words of two interfaces of one type; result in AL. */
  readonly interfaceEqual?: number | undefined;
}

const resultRegister: ArgumentRegister = 0;
const errorRegister: ArgumentRegister = 1;

/** @returns the sites, or why they cannot be proven. */
export function findRoundTripSites(flow: ControlFlow, callees: RoundTripCallees): RoundTripSites | string {
  const result = findResult(flow, callees.attempt);
  if (typeof result === 'string') return result;
  const alternate = findAlternate(flow);
  const withAlternate = alternate && returnsStillOpen(flow, result, alternate.jump, callees);
  if (alternate && withAlternate) return { result, alternate, otherReturns: withAlternate };
  const otherReturns = returnsStillOpen(flow, result, undefined, callees);
  return otherReturns ? { result, otherReturns } : 'a return is reached both after success and after failure';
}

function findResult(flow: ControlFlow, attempt: number): number | string {
  const all = flow.instructions;
  const call = all.findIndex((i) => i.op === 'call' && i.target === attempt);
  if (call < 0) return 'it does not call net/http.(*persistConn).roundTrip';
  const test = flow.nextOperation(call);
  const tested = test === undefined ? undefined : all[test];
  const testsAndJumps = tested?.op === 'branch' && tested.tests === errorRegister;
  const testsOnly = tested?.op === 'test_zero' && tested.register === errorRegister;
  if (test === undefined || !(testsAndJumps || testsOnly)) {
    return 'the error of an attempt is not tested right after the call';
  }
  const jump = testsAndJumps ? test : flow.nextOperation(test);
  const jumping = jump === undefined ? undefined : all[jump];
  if (jump === undefined || jumping?.op !== 'branch' || (testsOnly && flow.isJumpTarget(jump))) {
    return 'the test of the error is not followed by a conditional jump';
  }
  const comesFrom = all.filter((i, index) => !isPassive(i) && flow.nextOperation(index) === test);
  const isOnlyAfterAttempts = comesFrom.every(
    (i) => i.op === 'call_indirect' || (i.op === 'call' && i.target === attempt),
  );
  const hasOtherJumps = all.some(
    (i, index) => i.op === 'branch' && flow.successors(index).some((to) => leadsTo(flow, to, test)),
  );
  const decidesOnZero = jumping.when === 'zero' || jumping.when === 'nonzero';
  if (!isOnlyAfterAttempts || hasOtherJumps || !decidesOnZero)
    return 'the test of the error is shared with other paths';
  return jump;
}

function isPassive(i: Instruction): boolean {
  return i.op === 'nop' || i.op === 'jump' || i.op === 'return' || i.op === 'trap' || i.op === 'branch';
}

function leadsTo(flow: ControlFlow, index: number, target: number): boolean {
  const instruction = flow.instructions[index];
  if (index === target) return true;
  return (instruction?.op === 'nop' || instruction?.op === 'jump') && flow.nextOperation(index) === target;
}

/** An indirect call, at most moves that leave its results alone, a comparison of BX with a variable, a jump. */
function findAlternate(flow: ControlFlow): { jump: number; skipVariable: number } | undefined {
  const all = flow.instructions;
  for (const [call, { op }] of all.entries()) {
    if (op !== 'call_indirect') continue;
    let at = call + 1;
    while (isHarmless(all[at]) && !flow.isJumpTarget(at)) at++;
    const compare = all[at];
    if (compare?.op !== 'compare_memory' || compare.register !== errorRegister || flow.isJumpTarget(at))
      continue;
    const jump = flow.nextOperation(at);
    const jumping = jump === undefined ? undefined : all[jump];
    if (jump === undefined || jumping?.op !== 'branch' || flow.previousOperation(jump) !== at) continue;
    if (jumping.when === 'zero' || jumping.when === 'nonzero') {
      return { jump, skipVariable: compare.address };
    }
  }
  return undefined;
}

function isHarmless(i: Instruction | undefined): boolean {
  return i?.op === 'nop' || (i?.op === 'move' && (i.to === 'elsewhere' || i.to > 2));
}

/** What is known of the call on the way to an instruction; a set of bits. */
const open = 1;
/** The error's type word equals that of `ErrSkipAltProtocol`; the data words are still to be compared. */
const tie = 2;
const ended = 4;

/** Returns on which the call is still open; undefined if there is one that can be reached both open and ended. */
function returnsStillOpen(
  flow: ControlFlow,
  result: number,
  alternate: number | undefined,
  callees: RoundTripCallees,
): number[] | undefined {
  const states = spread(flow, (index, isTaken, state) => {
    const instruction = flow.instructions[index];
    if (instruction?.op !== 'branch') return state;
    const isZero = isTaken === (instruction.when === 'zero');
    if (index === result) return isZero ? replace(state, open, ended) : state;
    if (index === alternate) return isZero ? replace(state, open, tie) : replace(state, open, ended);
    if (comparesInterfaces(flow, index, callees.interfaceEqual)) {
      return isZero ? replace(state, tie, ended) : replace(state, tie, open);
    }
    return state;
  });
  const returns: number[] = [];
  for (const [index, instruction] of flow.instructions.entries()) {
    if (instruction.op !== 'return') continue;
    const state = states[index] ?? 0;
    // Not reached at all: the return after a recovered panic, which the runtime jumps to.
    if (state === 0 || state === open) returns.push(index);
    else if (state !== ended) return undefined;
  }
  return returns;
}

function replace(state: number, from: number, to: number): number {
  return state & from ? (state & ~from) | to : state;
}

/** `CALL runtime.ifaceeq; TESTB AL, AL; Jcc`, on arm64 `CALL runtime.ifaceeq; TBNZ $0, R0` */
function comparesInterfaces(flow: ControlFlow, jump: number, interfaceEqual: number | undefined): boolean {
  const branch = flow.instructions[jump];
  if (branch?.op !== 'branch' || (branch.when !== 'zero' && branch.when !== 'nonzero')) return false;
  const before = flow.previousOperation(jump) ?? -1;
  const test = flow.instructions[before];
  const testsOnly = test?.op === 'test_zero' && test.register === resultRegister;
  if (!testsOnly && branch.testsBoolean !== resultRegister) return false;
  const call = testsOnly ? flow.instructions[flow.previousOperation(before) ?? -1] : test;
  return call?.op === 'call' && call.target === interfaceEqual;
}

/** Spreads states from the entry along all paths until nothing changes. */
function spread(
  flow: ControlFlow,
  step: (index: number, isTaken: boolean, state: number) => number,
): Uint8Array {
  const states = new Uint8Array(flow.instructions.length);
  states[0] = open;
  const work = [0];
  for (let index = work.pop(); index !== undefined; index = work.pop()) {
    for (const { to, taken } of flow.edges(index)) {
      // Back to the entry: the stack has grown and the call begins anew.
      if (to === 0) continue;
      const before = states[to] ?? 0;
      const after = before | step(index, taken, states[index] ?? 0);
      if (after === before) continue;
      states[to] = after;
      work.push(to);
    }
  }
  return states;
}
