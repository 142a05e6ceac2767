import { describe, expect, it } from 'vitest';
import { keepRulesOf, keepVariable } from '../../src/export/keep-rules.ts';

describe('the rules by which traces are kept', () => {
  it.each([
    ['slow', { slow: true, error: false, ratio: 0 }],
    ['slow,error,ratio=0.01', { slow: true, error: true, ratio: 0.01 }],
    [' ratio=1e-3 , error ', { slow: false, error: true, ratio: 0.001 }],
    ['ratio=.5', { slow: false, error: false, ratio: 0.5 }],
    ['ratio=1', { slow: false, error: false, ratio: 1 }],
  ])('are read from %j', (text, rules) => {
    expect(keepRulesOf(text)).toEqual(rules);
  });

  it.each([
    ...['', ',', 'slow,', 'fast', 'slow,slow', 'ratio', 'ratio=', 'ratio=2', 'ratio=-1', 'ratio=1 %'],
    ...['slow=1', 'ratio=0.1=2', 'ratio=0.1,ratio=0.2', 'ratio=Infinity', 'ratio=0x1', 'constructor'],
  ])('are none in %j', (text) => {
    expect(keepRulesOf(text)).toBeUndefined();
  });

  it('may come from the environment, which is told of what cannot be used', () => {
    const warnings: string[] = [];
    const read = (value?: string) =>
      keepVariable(value === undefined ? {} : { GOIDSPAN_KEEP: value }, (message) => warnings.push(message));
    expect(read()).toBeUndefined();
    expect(read(' ')).toBeUndefined();
    expect(read('error')).toEqual({ slow: false, error: true, ratio: 0 });
    expect(warnings).toEqual([]);
    expect(read('errors')).toBeUndefined();
    expect(warnings).toEqual([
      'GOIDSPAN_KEEP=errors is ignored: not a list of slow, error and ratio=SHARE, each once, with a share from 0 to 1, e.g. slow,error,ratio=0.01',
    ]);
  });
});
