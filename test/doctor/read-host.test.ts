import { describe, expect, it } from 'vitest';
import { capabilitiesOf, limitsOf, preemptionOf } from '../../src/doctor/read-host.ts';

describe('capabilitiesOf', () => {
  it('reads the effective set', () => {
    const status = 'Name:\tnode\nCapPrm:\t000001ffffffffff\nCapEff:\t000000c000000000\nCapBnd:\t0\n';
    expect(capabilitiesOf(status)).toBe((1n << 38n) | (1n << 39n));
  });

  it('takes a text without one for none', () => {
    expect(capabilitiesOf('')).toBe(0n);
  });
});

describe('preemptionOf', () => {
  it.each([
    ['quiet preempt=full ro', '(full)'],
    ['preempt=lazy', '(lazy)'],
    ['quiet rcupdate.preempt=1', undefined],
    ['', undefined],
  ])('reads of "%s" %s', (commandLine, found) => expect(preemptionOf(commandLine)).toBe(found));
});

describe('limitsOf', () => {
  it('reads soft limits', () => {
    const text = `\
Limit                     Soft Limit           Hard Limit           Units
Max cpu time              unlimited            unlimited            seconds
Max open files            1024                 1048576              files
Max locked memory         8388608              8388608              bytes
`;
    expect([...limitsOf(text)]).toEqual([
      ['Max cpu time', Number.POSITIVE_INFINITY],
      ['Max open files', 1024],
      ['Max locked memory', 8_388_608],
    ]);
  });
});
