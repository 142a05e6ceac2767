import { describe, expect, it } from 'vitest';
import { parseArguments } from '../../src/cli/arguments.ts';
import { UsageError } from '../../src/cli/option-values.ts';

const parse = (line: string) => parseArguments(line.split(' ').filter((word) => word !== ''));

describe('parseArguments', () => {
  it('reads inspect and doctor', () => {
    expect(parse('inspect ./server')).toEqual({ kind: 'inspect', program: './server', asJson: false });
    expect(parse('inspect --json --pid 42')).toEqual({ kind: 'inspect', program: 42, asJson: true });
    expect(parse('doctor')).toEqual({ kind: 'doctor', asJson: false });
    expect(parse('doctor --json')).toEqual({ kind: 'doctor', asJson: true });
  });

  it('reads record as run or attach with a file', () => {
    expect(parse('record -o a.rec --duration 2 -- ./server -o x')).toMatchObject({
      kind: 'record',
      file: 'a.rec',
      of: { kind: 'run', command: ['./server', '-o', 'x'], common: { durationSeconds: 2 } },
    });
    expect(parse('record -o a.rec --pid 7 --exe app')).toMatchObject({
      kind: 'record',
      of: { kind: 'attach', pids: [7], globs: ['**/app'] },
    });
  });

  it('reads replay with its exporters', () => {
    expect(parse('replay a.rec --out b.jsonl --summary s.json -v')).toMatchObject({
      kind: 'replay',
      file: 'a.rec',
      common: { outFile: 'b.jsonl', summaryFile: 's.json', isVerbose: true },
    });
  });

  it('reads top with its window', () => {
    expect(parse('top --pid 7 --exe app')).toEqual({
      kind: 'top',
      pids: [7],
      globs: ['**/app'],
      level: 'runtime',
      serviceName: undefined,
      windowSeconds: 60,
      intervalSeconds: 60,
      durationSeconds: undefined,
    });
    expect(
      parse('top --pid 7 --window 10 --interval 2.5 --duration 30 --level waits --service-name shop'),
    ).toMatchObject({
      ...{ level: 'waits', serviceName: 'shop' },
      ...{ windowSeconds: 10, intervalSeconds: 2.5, durationSeconds: 30 },
    });
    expect(parse('top --pid 7 --window 10')).toMatchObject({ windowSeconds: 10, intervalSeconds: 10 });
  });

  it.each(['inspect -h', 'doctor --help', 'record --help', 'replay -h', 'top --help'])(
    'helps with %s',
    (line) => {
      const help = parse(line);
      expect(help).toMatchObject({ kind: 'help', text: expect.stringContaining('Exit codes:') });
      const widths = help.kind === 'help' ? help.text.split('\n').map((text) => text.length) : [];
      expect(Math.max(...widths)).toBeLessThanOrEqual(110);
    },
  );

  it.each([
    ['inspect', 'a program or --pid is missing (see goidspan inspect --help)'],
    ['inspect a --pid 1', 'either a program or --pid, not both (see goidspan inspect --help)'],
    ['inspect a b', 'unexpected argument b (one program at a time) (see goidspan inspect --help)'],
    ['inspect --pid x', '--pid x: not a process id from 1 to 4194304 (see goidspan inspect --help)'],
    ['inspect --out a b', 'unknown option --out (see goidspan inspect --help)'],
    ['top', '--pid or --exe is missing (see goidspan top --help)'],
    [
      'top --pid 1 --level spans',
      '--level spans: it does not tell what requests wait for (see goidspan top --help)',
    ],
    [
      'top --pid 1 --window 0',
      '--window 0: not a number of seconds above 0 and up to 2000000 (see goidspan top --help)',
    ],
    [
      'top --pid 1 --interval=-1',
      '--interval -1: not a number of seconds above 0 and up to 2000000 (see goidspan top --help)',
    ],
    ['top --pid 1 now', 'unexpected argument now (see goidspan top --help)'],
    ['top --pid 1 --out a', 'unknown option --out (see goidspan top --help)'],
    ['doctor now', 'unexpected argument now (see goidspan doctor --help)'],
    ['doctor --fix', 'unknown option --fix (see goidspan doctor --help)'],
    ['record --pid 1', '-o FILE is missing (see goidspan record --help)'],
    ['record -o a', '--pid, --exe or a command after -- is missing (see goidspan record --help)'],
    ['record -o a --', 'a command is missing after -- (see goidspan record --help)'],
    [
      'record -o a --pid 1 -- b',
      'either --pid and --exe or a command, not both (see goidspan record --help)',
    ],
    ['record -o', '--recording needs a value (see goidspan record --help)'],
    ['replay', 'the recording is missing (see goidspan replay --help)'],
    ['replay a b', 'unexpected argument b (one recording at a time) (see goidspan replay --help)'],
    ['replay a --duration 1', 'unknown option --duration (see goidspan replay --help)'],
  ])('refuses "%s"', (line, message) => {
    expect(() => parse(line)).toThrow(new UsageError(message));
  });
});
