/** The page has no import of the tracer's; its names are those of the tracer all the same. */
import { describe, expect, it } from 'vitest';
import { timeUses } from '../../src/correlate/time-spent.ts';
import { CAUSES } from '../../src/correlate/verdict.ts';
import * as names from '../../src/span/attribute-names.ts';
import { ATTRIBUTE } from '../../src/ui/attributes.ts';
import { CAUSE_LABELS, inOrder, TIME_USE_LABELS, useProperty } from '../../src/ui/time-uses.ts';

describe('the names that the page knows', () => {
  it('are all on which time is spent, in the order in which they are told', () => {
    expect(Object.keys(TIME_USE_LABELS)).toEqual(timeUses.map(([name]) => name));
  });

  it('are all causes of a verdict', () => {
    expect(Object.keys(CAUSE_LABELS)).toEqual([...CAUSES]);
  });

  it('are attributes of our spans', () => {
    const all: readonly string[] = Object.values(names);
    for (const name of Object.values(ATTRIBUTE)) expect(all).toContain(name);
  });
});

describe('what time was spent on', () => {
  it('is in the order of telling, what nobody knows last', () => {
    const spent = { novel: 3, network: 2, cpu: 1, mutex: 0 };
    expect(inOrder(spent)).toEqual([
      ['cpu', 1],
      ['network', 2],
      ['novel', 3],
    ]);
  });

  it.each(['novel', '__proto__', 'constructor', '); background: url(//x)'])(
    'has the colour of what is else if it is called %s',
    (name) => expect(useProperty(name)).toBe('--t-other'),
  );
});
