import { describe, expect, it } from 'vitest';
import {
  parseAllowedProcessors,
  parseCpuTime,
  parseLiveStart,
  parseStat,
  parseStatus,
} from '../../src/process/process-stat.ts';

const FIELDS = 'S 77 4242 4242 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 9 0 987654 1000 200 18446744073709551615';

describe('parseStat', () => {
  it('reads parent and start time', () => {
    expect(parseStat(`4242 (app) ${FIELDS}\n`)).toEqual({ parentPid: 77, startTicks: 987654 });
  });

  it('is not misled by a command name with parentheses, spaces and newlines', () => {
    expect(parseStat(`4242 (a) R 1 (\n9 9)) ${FIELDS}`)).toEqual({ parentPid: 77, startTicks: 987654 });
  });

  it.each(['', 'x', '1 (a', '1 (a) S', '1 (a) S one 2 3', '\0\0\0'])('gives undefined for %j', (text) => {
    expect(parseStat(text)).toBeUndefined();
  });
});

describe('parseCpuTime', () => {
  it('sums what was used in the program and in the kernel', () => {
    const fields = 'S 77 4242 4242 0 -1 4194560 1 0 0 0 150 25 9 9 20 0 9 0 987654 1000';
    expect(parseCpuTime(`4242 (a b) ${fields}`)).toBe(1_750_000_000);
    expect(parseCpuTime('4242 (a) S')).toBeUndefined();
  });
});

describe('parseAllowedProcessors', () => {
  it.each([
    ['0-3', 4],
    ['0', 1],
    ['0-1,8,10-11', 5],
  ])('counts those of %s', (list, count) => {
    expect(parseAllowedProcessors(`Name:\tx\nCpus_allowed_list:\t${list}\nMems:\t0\n`)).toBe(count);
  });

  it('says nothing without the line', () => {
    expect(parseAllowedProcessors('Name:\tx\n')).toBeUndefined();
  });
});

describe('parseLiveStart', () => {
  it.each(['R', 'S', 'D', 'T', 't', 'I'])('gives the start time of a process in state %s', (state) => {
    expect(parseLiveStart(`4242 (Z) Z) ${state}${FIELDS.slice(1)}`)).toBe(987654);
  });

  it.each(['Z', 'X', 'x'])('gives undefined for one that has ended (state %s)', (state) => {
    expect(parseLiveStart(`4242 (app) ${state}${FIELDS.slice(1)}`)).toBeUndefined();
  });

  it.each(['', '1 (a', '1 (a) S'])('gives undefined for %j', (text) => {
    expect(parseLiveStart(text)).toBeUndefined();
  });
});

describe('parseStatus', () => {
  it('reads the thread group and the pid in each namespace, outermost first', () => {
    const text = 'Name:\tapp\nTgid:\t4242\nPid:\t4242\nNSpid:\t4242\t17\t1\nThreads:\t3\n';
    expect(parseStatus(text)).toEqual({ tgid: 4242, nsPids: [4242, 17, 1] });
  });

  it('takes the thread group where the kernel has no NSpid', () => {
    expect(parseStatus('Tgid:\t9\n')).toEqual({ tgid: 9, nsPids: [9] });
  });

  it('gives undefined for text of another form', () => {
    expect(parseStatus('Name: x\n')).toBeUndefined();
  });
});
