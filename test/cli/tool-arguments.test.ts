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

  it('reads advise', () => {
    const defaults = { kind: 'advise', pid: 7, durationSeconds: 30, applyTo: undefined, asJson: false };
    expect(parse('advise --pid 7')).toEqual(defaults);
    const applyTo = new URL('http://127.0.0.1:8080/tune');
    expect(parse('advise --pid 7 --duration 5s --json --apply http://127.0.0.1:8080/tune')).toEqual({
      ...defaults,
      ...{ durationSeconds: 5, applyTo, asJson: true },
    });
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

  it('reads profile, of processes or of a recording', () => {
    const id = '0af7651916cd43dd8448eb211c80319c';
    const line = `--duration 3 --hz 499 --route /items/{id} --trace ${id.toUpperCase()} --span b7ad6b7169203331`;
    expect(
      parse(`profile --pid 7 ${line} --format folded --value wait -o - --go-profile localhost:6060`),
    ).toMatchObject({
      kind: 'profile',
      of: {
        kind: 'attach',
        pids: [7],
        globs: [],
        common: { durationSeconds: 3, profileHz: 499, level: 'cpu', waits: 'spans' },
      },
      filter: { route: '/items/{id}', traceId: id, spanId: 'b7ad6b7169203331' },
      format: 'folded',
      value: 'wait',
      output: '-',
    });
    expect(parse('profile --pid 7')).toMatchObject({ of: { common: { profileHz: undefined } } });
    for (const part of [`--trace ${id}`, '--span b7ad6b7169203331', '--route /items'])
      expect(parse(`profile --pid 7 ${part}`)).toMatchObject({ of: { common: { profileHz: 499 } } });
    expect(parse('profile --pid 7 --route /items --hz 50')).toMatchObject({
      of: { common: { profileHz: 50 } },
    });
    expect(parse('profile a.rec --trace 0af7651916cd43dd8448eb211c80319c')).toMatchObject({
      of: { kind: 'recording', file: 'a.rec' },
      format: 'pprof',
      value: 'cpu',
      output: undefined,
      goProfile: undefined,
    });
  });

  it.each([
    ['localhost:6060', 'http://localhost:6060/debug/pprof/profile'],
    ['https://a.example/', 'https://a.example/debug/pprof/profile'],
    ['http://[::1]:80/own/profile?seconds=2', 'http://[::1]/own/profile?seconds=2'],
  ])("knows where Go's own profile is by %s", (text, url) => {
    const { goProfile } = parse(`profile --pid 7 --go-profile ${text}`) as { goProfile?: URL };
    expect(goProfile?.href).toBe(url);
  });

  it.each([
    'advise -h',
    'inspect -h',
    'doctor --help',
    'record --help',
    'replay -h',
    'top --help',
    'profile -h',
  ])('helps with %s', (line) => {
    const help = parse(line);
    expect(help).toMatchObject({ kind: 'help', text: expect.stringContaining('Exit codes:') });
    const widths = help.kind === 'help' ? help.text.split('\n').map((text) => text.length) : [];
    expect(Math.max(...widths)).toBeLessThanOrEqual(110);
  });

  it.each([
    ['advise', '--pid is missing (see goidspan advise --help)'],
    [
      'advise --pid 1 --apply file:///x',
      '--apply file:///x: not an http:// or https:// URL (see goidspan advise --help)',
    ],
    [
      'advise --pid 1 --duration 0s',
      '--duration 0s: not a number of seconds above 0 and up to 2000000 (see goidspan advise --help)',
    ],
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
    ['profile', '--pid, --exe or a recording is missing (see goidspan profile --help)'],
    ['profile a --pid 1', 'either --pid and --exe or a recording, not both (see goidspan profile --help)'],
    ['profile a b', 'unexpected argument b (one recording at a time) (see goidspan profile --help)'],
    ['profile a --hz 9', '--hz does not go with a recording (see goidspan profile --help)'],
    ['profile --pid 1 --hz 0', '--hz 0: not a number above 0 and up to 10000 (see goidspan profile --help)'],
    ['profile --pid 1 --trace 0af7', '--trace 0af7: not 32 hexadecimal digits (see goidspan profile --help)'],
    [
      'profile --pid 1 --format svg',
      '--format svg: not one of pprof, speedscope, folded, chrome (see goidspan profile --help)',
    ],
    ['profile --pid 1 --value time', '--value time: not one of cpu, wait (see goidspan profile --help)'],
    [
      'profile --exe a --go-profile localhost:1',
      '--go-profile goes with one --pid, and nothing else to profile (see goidspan profile --help)',
    ],
    [
      'profile --pid 1 --go-profile http://',
      '--go-profile http://: not an http or https URL, or host:port (see goidspan profile --help)',
    ],
    ['profile --pid 1 --level waits', 'unknown option --level (see goidspan profile --help)'],
    ['replay a --duration 1', 'unknown option --duration (see goidspan replay --help)'],
  ])('refuses "%s"', (line, message) => {
    expect(() => parse(line)).toThrow(new UsageError(message));
  });
});
