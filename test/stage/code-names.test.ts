import { describe, expect, it } from 'vitest';
import { type CodeFrame, type CodePlace, placeKey } from '../../src/correlate/code-place.ts';
import { CodeNames } from '../../src/stage/code-names.ts';

const at = (pc: number, targetId = 1): CodePlace => ({ targetId, pc, link: 0, stackId: 7 });
const frames = (name: string): readonly CodeFrame[] => [
  { function: name, file: '', line: 0, isInlined: false },
];

/** What was asked for, and what has gone on. */
function setup() {
  const asked: string[] = [];
  const gone: string[] = [];
  const names = new CodeNames((place) => asked.push(placeKey(place)));
  const when = (name: string, ...places: readonly CodePlace[]) =>
    names.whenKnown(places[0]?.targetId ?? 1, places, () => gone.push(name));
  return { asked, gone, names, when };
}

describe('what needs to know the code at a place', () => {
  it('goes on at once where nothing is missing, or nobody could be asked', () => {
    const { asked, gone, when } = setup();
    when('none');
    const alone = new CodeNames(undefined);
    alone.whenKnown(1, [at(1)], () => gone.push('alone'));
    expect({ asked, gone }).toEqual({ asked: [], gone: ['none', 'alone'] });
    expect(alone.framesAt(at(1))).toBeUndefined();
    expect(alone.framesAt(undefined)).toBeUndefined();
  });

  it('waits until the last place is known, each of which is asked for once', () => {
    const { asked, gone, names, when } = setup();
    when('a', at(1), at(2), at(1));
    when('b', at(2));
    expect(asked).toEqual([placeKey(at(1)), placeKey(at(2))]);
    names.take(at(1), frames('one'));
    expect(gone).toEqual([]);
    names.take(at(2), frames('two'));
    expect(gone).toEqual(['a', 'b']);
    when('c', at(1), at(2));
    expect(gone).toEqual(['a', 'b', 'c']);
    expect(asked).toHaveLength(2);
    expect(names.framesAt(at(2))).toEqual(frames('two'));
    expect(names.framesAt({ ...at(2), stackId: 8 })).toBeUndefined();
  });

  it('goes on without what does not come: of one target, or of all', () => {
    const { asked, gone, names, when } = setup();
    when('a', at(1), at(2));
    when('b', at(1, 2));
    names.take(at(1), frames('one'));
    names.giveUp(2);
    expect(gone).toEqual(['b']);
    names.giveUp();
    expect(gone).toEqual(['b', 'a']);
    names.take(at(2), frames('too late'));
    names.giveUp();
    expect(gone).toEqual(['b', 'a']);
    // Of what was given up it is asked again.
    when('c', at(1, 2));
    expect(asked.filter((key) => key === placeKey(at(1, 2)))).toHaveLength(2);
  });

  it('may be answered within the question', () => {
    const gone: string[] = [];
    const names: CodeNames = new CodeNames((place) => names.take(place, frames('now')));
    names.whenKnown(1, [at(1), at(2)], () => gone.push('a'));
    expect(gone).toEqual(['a']);
  });

  it('is bounded: more goes without, and of more places the oldest are asked for again', () => {
    const { asked, gone, names, when } = setup();
    for (let n = 0; n < 4_096; n++) when(`${n}`, at(n));
    expect(gone).toEqual([]);
    when('more', at(9_999));
    expect(gone).toEqual(['more']);
    names.giveUp();
    expect(gone).toHaveLength(4_097);
    for (let n = 0; n <= 16_384; n++) names.take(at(n), frames(`${n}`));
    asked.splice(0);
    when('oldest', at(0));
    when('newest', at(16_384));
    expect(asked).toEqual([placeKey(at(0))]);
  });
});
