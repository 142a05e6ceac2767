import { describe, expect, it } from 'vitest';
import { parseEnvironment, parseResourceAttributes } from '../../src/process/environment.ts';

describe('parseEnvironment', () => {
  it('splits at NUL and at the first equals sign', () => {
    const environment = parseEnvironment('A=1\0B=x=y\0EMPTY=\0');
    expect([...environment]).toEqual([
      ['A', '1'],
      ['B', 'x=y'],
      ['EMPTY', ''],
    ]);
  });

  it('takes the first of two equal names and skips what is no variable', () => {
    expect([...parseEnvironment('A=1\0A=2\0=x\0word\0\0')]).toEqual([['A', '1']]);
  });
});

describe('parseResourceAttributes', () => {
  it('percent-decodes keys and values', () => {
    expect([...parseResourceAttributes('a=1, deployment.environment.name = caf%C3%A9%2C%3D ,')]).toEqual([
      ['a', '1'],
      ['deployment.environment.name', 'café,='],
    ]);
  });

  it.each([
    ['a', 'a'],
    ['a=1,b', 'b'],
    ['=x', '=x'],
    ['a=%zz', 'a=%zz'],
    ['a=1,b=%E0%A4%A , c=2', 'b=%E0%A4%A'],
    ['a=100%', 'a=100%'],
  ])('discards %j as a whole, and names the member', (text, member) => {
    const named: string[] = [];
    expect([...parseResourceAttributes(text, (wrong) => named.push(wrong))]).toEqual([]);
    expect(named).toEqual([member]);
  });
});
