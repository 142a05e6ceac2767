import { describe, expect, it } from 'vitest';
import type { CodePlace } from '../../src/correlate/code-place.ts';
import { HeldSamples } from '../../src/stage/held-samples.ts';

const at = (pc: number): CodePlace => ({ targetId: 1, pc, link: 0, stackId: 0 });

describe('where open spans were seen', () => {
  it('is told of each once, what was seen most often first, and of the span around it, too', () => {
    const held = new HeldSamples();
    for (const pc of [1, 2, 2]) held.add([0, 5], at(pc));
    held.add([0, 6], at(3));
    const inner = held.take([0, 5]);
    expect(inner).toEqual([
      { place: at(2), samples: 2 },
      { place: at(1), samples: 1 },
    ]);
    expect(held.take([0, 5])).toEqual([]);
    held.handOn([0, 6], inner);
    held.handOn([0, 7], []);
    expect(held.take([0, 6])).toEqual([
      { place: at(2), samples: 2 },
      { place: at(3), samples: 1 },
      { place: at(1), samples: 1 },
    ]);
    expect(held.take([0, 7])).toEqual([]);
  });

  it('is bounded: the oldest spans are given up, and of one span places that are more', () => {
    const held = new HeldSamples();
    for (let n = 1; n <= 8_193; n++) held.add([0, n], at(1));
    expect(held.take([0, 1])).toEqual([]);
    expect(held.take([0, 2])).toHaveLength(1);
    for (let pc = 1; pc <= 300; pc++) held.add([1, 1], at(pc));
    held.add([1, 1], at(1));
    const places = held.take([1, 1]);
    expect(places).toHaveLength(256);
    expect(places[0]).toEqual({ place: at(1), samples: 2 });
  });

  it('keeps spans that hear of another sample', () => {
    const held = new HeldSamples();
    for (let n = 1; n <= 8_192; n++) held.add([0, n], at(1));
    held.add([0, 1], at(1));
    expect(held.take([0, 1])).toEqual([{ place: at(1), samples: 2 }]);
  });
});
