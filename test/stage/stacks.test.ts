import { describe, expect, it } from 'vitest';
import { Stacks } from '../../src/stage/stacks.ts';
import type { EvStack } from '../../src/wire/wire.gen.ts';

function told(stackId: number, pcs: readonly number[], flags = 0, frames = pcs.length): EvStack {
  const header = { kind: 6, flags, size: 0, targetId: 1, tid: 1 };
  return { header, stackId, frames, pc: [...pcs, ...new Array(64 - pcs.length).fill(0)] };
}

describe('the stacks that records name', () => {
  it('have the frames that were told, and may have more', () => {
    const stacks = new Stacks();
    stacks.add(told(5, [1, 2, 3]));
    stacks.add(told(6, [4], 2));
    expect(stacks.get(5)).toEqual({ pcs: [1, 2, 3], isCut: false });
    expect(stacks.get(6)).toEqual({ pcs: [4], isCut: true });
    expect(stacks.get(7)).toBeUndefined();
  });

  it('have no more frames than a record has room for, whatever it says', () => {
    const stacks = new Stacks();
    stacks.add(told(5, [1], 0, 4_000_000_000));
    expect(stacks.get(5)?.pcs).toHaveLength(64);
  });

  it('are bounded: what was told longest ago goes first', () => {
    const stacks = new Stacks();
    for (let id = 1; id <= 32_768; id++) stacks.add(told(id, [id]));
    stacks.add(told(1, [1]));
    stacks.add(told(40_000, [1]));
    expect(stacks.get(1)).toBeDefined();
    expect(stacks.get(2)).toBeUndefined();
    expect(stacks.get(3)).toBeDefined();
  });
});
