/** What each rule of a manifest means: instructions of a function → places, or why there is none. */

import type { ArgumentRegister } from '../binary/instruction.ts';
import type { ControlFlow } from './control-flow.ts';
import type { ReturnSlot, SiteGuard, SiteRule } from './hook.ts';
import type { RoundTripSites } from './round-trip.ts';

/** A place in the function, before it has an address. */
export interface Place {
  /** Index of the instruction. */
  readonly index: number;
  readonly arg: ArgumentRegister;
  readonly guard: SiteGuard;
  readonly returnSlot: ReturnSlot;
}

/** What a rule may ask besides the function itself. */
export interface RuleContext {
  readonly flow: ControlFlow;
  /** A call pushes the return address; otherwise it stands in a register until the function has its frame. */
  readonly callsPush: boolean;
  /** Entry of a function of the program. */
  entryOf(symbol: string): number | undefined;
  /** The ends of `roundTrip`, or why they cannot be proven. */
  roundTrip(): RoundTripSites | string;
  /** Whether a 5-byte nop is worth more than an emulated instruction (`hasFastNop5` of the kernel). */
  readonly preferNop5: boolean;
}

/** Applies one rule. */
export function findPlaces(rule: SiteRule, context: RuleContext): Place[] | string {
  const { flow } = context;
  switch (rule.at) {
    case 'after_stack_check': {
      const index = stackCheckEnd(flow, 'push_frame');
      return index === undefined ? 'no frame push behind the stack check' : frameless(context, [index], rule);
    }
    case 'stack_check_branch': {
      const index = stackCheckEnd(flow, 'branch');
      if (index === undefined) return 'no stack check at the entry';
      return frameless(context, [index], { ...rule, guard: 'stack_suffices' });
    }
    case 'call': {
      const index = findCall(rule, context);
      return typeof index === 'string' ? index : [inside(context, index, rule.arg)];
    }
    case 'call_before':
    case 'call_not_before': {
      const index = callBefore(rule.of, rule.next, rule.at === 'call_before', context);
      return typeof index === 'string' ? index : [inside(context, index, rule.arg)];
    }
    case 'after_call':
    case 'branch_after_call': {
      const call = findCall(rule, context);
      if (typeof call === 'string') return call;
      const index = rule.at === 'after_call' ? call + 1 : branchBehind(flow, call, registersOf(rule));
      const isReached = index !== undefined && flow.instructions[index] && !flow.isJumpTarget(index);
      return isReached ? [inside(context, index, rule.arg)] : `no such place behind the call of ${rule.of}`;
    }
    case 'branches_after_calls': {
      const calls = callsOf(rule.of, context);
      if (calls.length === 0) return `it does not call ${rule.of}`;
      const branches = calls.map((call) => branchBehind(flow, call, registersOf(rule)));
      const found = branches.filter((index) => index !== undefined);
      return found.length === calls.length
        ? found.map((index) => inside(context, index, rule.arg))
        : `no such place behind a call of ${rule.of}`;
    }
    case 'branches_after_indirect_calls': {
      const branches = flow.instructions.flatMap((i, index) =>
        i.op === 'call_indirect' ? (straightBranch(flow, index) ?? []) : [],
      );
      return branches.length > 0
        ? branches.map((index) => inside(context, index, rule.arg))
        : 'no conditional jump behind an indirect call';
    }
    case 'calls': {
      const calls = callsOf(rule.of, context);
      return calls.length > 0
        ? calls.map((index) => inside(context, index, rule.arg))
        : `it does not call ${rule.of}`;
    }
    case 'returns_of_call': {
      const returns = returnsOf(flow).filter((index) => passesOnCall(flow, index));
      return returns.length > 0
        ? frameless(context, returns, rule)
        : 'no return passes on what a call returned';
    }
    case 'returns_without_call': {
      const returns = returnsOf(flow).filter((index) => !isBehindCall(flow, index));
      return returns.length > 0
        ? frameless(context, returns, rule)
        : 'it returns nowhere without a call before it';
    }
    case 'nop5_before_call': {
      const index = findCall(rule, context);
      if (typeof index === 'string') return index;
      const isNop5 = flow.instructions[index - 1]?.class === 'nop5';
      if (!context.preferNop5 || !isNop5 || flow.isJumpTarget(index)) return 'no 5-byte nop before the call';
      return [inside(context, index - 1, rule.arg)];
    }
    case 'returns': {
      const returns = returnsOf(flow);
      return returns.length > 0 ? frameless(context, returns, rule) : 'it has no return';
    }
    case 'round_trip_result':
      return ofRoundTrip(context, ({ result }) => [inside(context, result, 0)]);
    case 'round_trip_alternate':
      return ofRoundTrip(context, ({ alternate }) =>
        alternate
          ? [inside(context, alternate.jump, 0)]
          : 'the error of the alternate transport is not compared right after the call',
      );
    case 'round_trip_other_returns':
      return ofRoundTrip(context, ({ otherReturns }) => frameless(context, otherReturns, { arg: 0 }));
  }
}

/** Places before the frame is made or after it is taken down, where SP is that of the entry. */
function frameless(
  context: RuleContext,
  indexes: readonly number[],
  { arg, guard = 'always' }: Pick<Place, 'arg'> & Partial<Place>,
): Place[] | string {
  const belowSp = returnSlotBelowSp(context);
  if (belowSp === undefined) return 'the size of its frame is not known';
  return indexes.map((index) => ({ index, arg, guard, returnSlot: { belowSp } }));
}

/** A place while the frame stands. */
function inside({ callsPush }: RuleContext, index: number, arg: ArgumentRegister): Place {
  const returnSlot = callsPush ? 'above_frame_pointer' : { belowSp: 0 };
  return { index, arg, guard: 'always', returnSlot };
}

/** How far below SP at the entry the return address will stand; undefined if that is not known. */
function returnSlotBelowSp({ flow, callsPush }: RuleContext): number | undefined {
  if (callsPush) return 0;
  const push = flow.instructions[stackCheckEnd(flow, 'push_frame') ?? -1];
  return push?.op === 'push_frame' ? push.returnBelowSp : undefined;
}

function ofRoundTrip(
  context: RuleContext,
  take: (sites: RoundTripSites) => Place[] | string,
): Place[] | string {
  const sites = context.roundTrip();
  return typeof sites === 'string' ? sites : take(sites);
}

function returnsOf(flow: ControlFlow): number[] {
  return flow.instructions.flatMap((i, index) => (i.op === 'return' ? [index] : []));
}

/** The first instruction of the kind, if only the stack check comes before it and nothing jumps in between. */
function stackCheckEnd(flow: ControlFlow, wanted: 'push_frame' | 'branch'): number | undefined {
  for (const [index, instruction] of flow.instructions.entries()) {
    if (index > 0 && flow.isJumpTarget(index)) return undefined;
    const isStackBranch = instruction.op === 'branch' && instruction.when === 'stack_low';
    if (wanted === 'branch' ? isStackBranch : instruction.op === 'push_frame') return index;
    if (!isStackBranch && instruction.op !== 'stack_check' && instruction.op !== 'nop') return undefined;
  }
  return undefined;
}

function callsOf(symbol: string, { flow, entryOf }: RuleContext): number[] {
  const entry = entryOf(symbol);
  return flow.instructions.flatMap((i, index) => (i.op === 'call' && i.target === entry ? [index] : []));
}

const registersOf = ({
  arg,
  and = [],
}: {
  readonly arg: ArgumentRegister;
  readonly and?: readonly ArgumentRegister[];
}): ReadonlySet<ArgumentRegister | 'elsewhere'> => new Set([arg, ...and]);

/** The first conditional jump behind a call that comes after nothing which could change the registers. */
function branchBehind(
  flow: ControlFlow,
  call: number,
  registers: ReadonlySet<ArgumentRegister | 'elsewhere'>,
): number | undefined {
  for (let index = call + 1; !flow.isJumpTarget(index); index++) {
    const instruction = flow.instructions[index];
    if (instruction?.op === 'branch') return index;
    const isHarmless =
      instruction?.op === 'nop' ||
      instruction?.op === 'compare' ||
      instruction?.op === 'test_zero' ||
      (instruction?.op === 'move' && !registers.has(instruction.to));
    if (!isHarmless) return undefined;
  }
  return undefined;
}

/** The first conditional jump behind a call, if nothing else leaves the straight line before it. */
function straightBranch(flow: ControlFlow, call: number): number | undefined {
  for (let index = call + 1; !flow.isJumpTarget(index); index++) {
    const { op } = flow.instructions[index] ?? { op: 'trap' };
    if (op === 'branch') return index;
    if (!straightOps.has(op) && op !== 'test_zero' && op !== 'compare_memory') return undefined;
  }
  return undefined;
}

/** Whether the return is reached from an indirect call in a straight line only, over what takes down the frame. */
function passesOnCall(flow: ControlFlow, index: number): boolean {
  for (let at = index; at > 0 && !flow.isJumpTarget(at); at--) {
    const before = flow.instructions[at - 1]?.op;
    if (before === 'call_indirect') return true;
    if (before !== 'other' && before !== 'nop') return false;
  }
  return false;
}

/** Whether the instruction is reached from a call in a straight line. */
function isBehindCall(flow: ControlFlow, index: number): boolean {
  for (let at = index; at > 0 && !flow.isJumpTarget(at); at--) {
    const before = flow.instructions[at - 1]?.op;
    if (before === 'call' || before === 'call_indirect') return true;
    if (before === 'branch') return false;
  }
  return false;
}

/** The one call of `of`; with `after`, the one that is reached from a call of `after` in a straight line. */
function findCall(
  rule: { readonly of: string; readonly after?: string },
  context: RuleContext,
): number | string {
  const { of, after } = rule;
  const calls = callsOf(of, context);
  if (calls.length === 0) return `it does not call ${of}`;
  const befores = after === undefined ? undefined : callsOf(after, context);
  if (befores?.length === 0) return `it does not call ${after}`;
  const [call, ...others] = calls.filter(
    (index) => befores?.some((before) => isStraight(context.flow, before, index)) ?? true,
  );
  if (call === undefined) return `it calls ${of} nowhere right behind ${after}`;
  return others.length === 0 ? call : `it calls ${of} in several places`;
}

/** The one call of `of` behind which the next call in the code is, or is not, one of `next`. */
function callBefore(of: string, next: string, wanted: boolean, context: RuleContext): number | string {
  const calls = context.flow.instructions.flatMap((i, index) => (i.op === 'call' ? [{ ...i, index }] : []));
  const [entry, nextEntry] = [context.entryOf(of), context.entryOf(next)];
  const isBefore = (at: number) => nextEntry !== undefined && calls[at + 1]?.target === nextEntry;
  const [call, ...others] = calls.filter(({ target }, at) => target === entry && isBefore(at) === wanted);
  if (entry === undefined || call === undefined)
    return `it calls ${of} nowhere ${wanted ? '' : 'but '}before ${next}`;
  return others.length === 0 ? call.index : `it calls ${of} in several such places`;
}

const straightOps: ReadonlySet<string> = new Set(['nop', 'move', 'compare', 'other', 'stack_check']);

/** Whether control runs from the call at `from` to the instruction at `to` with neither a jump nor a call between. */
function isStraight(flow: ControlFlow, from: number, to: number): boolean {
  if (from >= to) return false;
  for (let index = from + 1; index <= to; index++) {
    if (flow.isJumpTarget(index)) return false;
    if (index < to && !straightOps.has(flow.instructions[index]?.op ?? '')) return false;
  }
  return true;
}
