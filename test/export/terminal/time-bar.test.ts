import { describe, expect, it } from 'vitest';
import type { Breakdown } from '../../../src/correlate/time-spent.ts';
import { paintOf } from '../../../src/export/terminal/style.ts';
import { timeBar } from '../../../src/export/terminal/time-bar.ts';
import { timeOf } from '../../span/fact.ts';
import { makeSpan } from '../spans.ts';

const blocks = { paint: paintOf(false), useUnicode: true };
const letters = { paint: paintOf(false), useUnicode: false };

/** A span that lasted as long as all of that, in milliseconds. */
function spanOf(milliseconds: Breakdown) {
  const breakdown: Breakdown = Object.fromEntries(
    Object.entries(milliseconds).map(([use, spent]) => [use, spent * 1e6]),
  );
  const total = Object.values(breakdown).reduce((sum, spent) => sum + spent, 0);
  return makeSpan(1, 1, { start: [0, 0], end: [0, total], time: timeOf(breakdown) });
}

describe('timeBar', () => {
  it.each<[Breakdown, string, string]>([
    [
      { cpu: 20, runnable: 6, mutex: 71, syscall: 2, other: 1 },
      '▕██████████████▓▓▓▓▒░▏ mutex 71 %, cpu 20 %, runnable 6 %',
      '[MMMMMMMMMMMMMMccccR.] mutex 71 %, cpu 20 %, runnable 6 %',
    ],
    [{ sleep: 10 }, '▕████████████████████▏ sleep 100 %', '[SSSSSSSSSSSSSSSSSSSS] sleep 100 %'],
    // Neighbours with the same first letter are told apart, and equal shares stand as the breakdown has them.
    [
      { cpu: 20, 'chan.receive': 20 },
      '▕██████████▓▓▓▓▓▓▓▓▓▓▏ cpu 50 %, chan.receive 50 %',
      '[CCCCCCCCCCcccccccccc] cpu 50 %, chan.receive 50 %',
    ],
    // What is less than half a percent is in the bar's rest at most, and is not named.
    [
      { network: 299, cpu: 1 },
      '▕████████████████████▏ network 100 %',
      '[NNNNNNNNNNNNNNNNNNNN] network 100 %',
    ],
    // A part may be too small for a cell, but is named.
    [
      { select: 98, cpu: 2 },
      '▕████████████████████▏ select 98 %, cpu 2 %',
      '[SSSSSSSSSSSSSSSSSSSS] select 98 %, cpu 2 %',
    ],
    [
      { cpu: 5, runnable: 5, mutex: 5, syscall: 5 },
      '▕█████▓▓▓▓▓▒▒▒▒▒░░░░░▏ cpu 25 %, runnable 25 %, mutex 25 %',
      '[CCCCCrrrrrMMMMM.....] cpu 25 %, runnable 25 %, mutex 25 %',
    ],
  ])('of %j is %j, or in letters %j', (milliseconds, inBlocks, inLetters) => {
    const span = spanOf(milliseconds);
    expect([timeBar(span, blocks), timeBar(span, letters)]).toEqual([inBlocks, inLetters]);
  });

  it('is there from 10 ms on, and only where the time is known', () => {
    expect(timeBar(spanOf({ cpu: 10 }), blocks)).toBeDefined();
    expect(timeBar(spanOf({ cpu: 9.999_999 }), blocks)).toBeUndefined();
    expect(timeBar(makeSpan(1, 1, { start: [0, 0], end: [9, 0] }), blocks)).toBeUndefined();
  });

  it('tells of a breakdown that a limit has cut what is whole', () => {
    const span = makeSpan(1, 1, { start: [0, 0], end: [0, 10_000_000] });
    const attributes = { ...span.attributes, 'goidspan.breakdown': '{"cpu":5000000,"mutex":49' };
    expect(timeBar({ ...span, attributes }, blocks)).toBe('▕██████████░░░░░░░░░░▏ cpu 50 %');
  });

  it('tells of the critical path, where that is another', () => {
    const span = spanOf({ waitgroup: 98, cpu: 2 });
    const critical = JSON.stringify({ network: 90e6, cpu: 9e6, runnable: 0.8e6, waitgroup: 0.2e6 });
    const attributes = { ...span.attributes, 'goidspan.critical': critical };
    expect(timeBar({ ...span, attributes }, letters)).toBe(
      '[WWWWWWWWWWWWWWWWWWWW] waitgroup 98 %, cpu 2 %; critical path: network 90 %, cpu 9 %, runnable 1 %',
    );
  });

  it('paints work and waiting in two colours', () => {
    const bar = timeBar(spanOf({ mutex: 10, cpu: 10 }), { ...letters, paint: paintOf(true) });
    expect(bar).toBe(
      '\u001b[2m[\u001b[0m\u001b[32mCCCCCCCCCC\u001b[0m\u001b[33mmmmmmmmmmm\u001b[0m\u001b[2m]\u001b[0m cpu 50 %, mutex 50 %',
    );
  });
});
