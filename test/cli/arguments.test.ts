import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseArguments } from '../../src/cli/arguments.ts';
import { UsageError } from '../../src/cli/option-values.ts';

const NOTHING = {
  outFile: undefined,
  durationSeconds: undefined,
  summaryFile: undefined,
  serviceName: undefined,
  level: undefined,
  raise: undefined,
  sdk: undefined,
  telemetryExports: false,
  dbStatement: undefined,
  grpcHealth: false,
  waits: undefined,
  waitMinMillis: undefined,
  budget: 0.02,
  isVerbose: false,
};

function parse(line: string) {
  return parseArguments(line.split(' ').filter((word) => word !== ''));
}

describe('parseArguments', () => {
  it('takes everything after -- as the command of run', () => {
    expect(parse('run -- ./server --out x -- y')).toEqual({
      kind: 'run',
      common: NOTHING,
      command: ['./server', '--out', 'x', '--', 'y'],
    });
  });

  it('reads the options of both commands', () => {
    const common = {
      outFile: 'a.jsonl',
      durationSeconds: 1.5,
      summaryFile: 'b.json',
      serviceName: 'shop',
      level: 'runtime',
      dbStatement: 'raw',
      waits: 'attributes',
      waitMinMillis: 0.25,
      isVerbose: true,
    };
    const options =
      '--out a.jsonl --duration 1.5 --summary=b.json --service-name shop --level runtime --db-statement raw --waits attributes --wait-min 0.25 -v';
    expect(parse(`run ${options} -- ./server`)).toMatchObject({ common });
    expect(parse(`attach ${options} --pid 1`)).toMatchObject({ common });
  });

  it.each(['sanitized', 'raw', 'none'])('reads --db-statement %s, also of a replay', (form) => {
    expect(parse(`replay a.rec --db-statement ${form}`)).toMatchObject({ common: { dbStatement: form } });
    expect(parse(`record -o a.rec --db-statement ${form} --pid 1`)).toMatchObject({
      of: { common: { dbStatement: form } },
    });
  });

  it.each(['spans', 'waits', 'runtime', 'cpu'])('reads --level %s', (level) => {
    expect(parse(`attach --level ${level} --pid 1`)).toMatchObject({ common: { level } });
    expect(parse(`record -o a.rec --level=${level} -- x`)).toMatchObject({ of: { common: { level } } });
  });

  it.each(['none', 'waits', 'runtime', 'cpu'])('reads --raise %s', (raise) => {
    expect(parse(`attach --raise ${raise} --pid 1`)).toMatchObject({ common: { raise } });
    expect(parse(`record -o a.rec --raise=${raise} -- x`)).toMatchObject({ of: { common: { raise } } });
  });

  it.each([
    ['2%', 0.02],
    ['0.5 %', 0.005],
    ['none', undefined],
  ])('reads --budget %s', (text, budget) => {
    const { common } = parseArguments(['attach', '--budget', text, '--pid', '1']) as { common: object };
    expect(common).toHaveProperty('budget', budget);
  });

  it.each(['2', '0%', '101%', 'x%', '-1%'])('refuses --budget %s', (text) => {
    expect(() => parseArguments(['run', `--budget=${text}`, '--', 'x'])).toThrow(
      `--budget ${text}: not a part of the processors such as 2%, nor none (see goidspan run --help)`,
    );
  });

  it('reads recordings to report on, and to compare', () => {
    expect(parse('report a.rec')).toEqual({ kind: 'report', file: 'a.rec', asJson: false });
    expect(parse('diff a.rec b.rec --json')).toEqual({
      ...{ kind: 'diff', before: 'a.rec', after: 'b.rec', asJson: true },
    });
  });

  it('reads the routes that the user names, of whatever tells routes', () => {
    const routes = ['/users/{id}', 'GET /files/{path...}'];
    const words = ['--route', routes[0] ?? '', '--route', routes[1] ?? ''];
    expect(parseArguments(['run', ...words, '--', 'x'])).toMatchObject({ common: { routes } });
    expect(parseArguments(['replay', 'a.rec', ...words])).toMatchObject({ common: { routes } });
    expect(parseArguments(['report', 'a.rec', ...words])).toMatchObject({ routes });
    expect(parseArguments(['diff', 'a.rec', 'b.rec', ...words])).toMatchObject({ routes });
    expect(parseArguments(['top', '--pid', '1', ...words])).toMatchObject({ routes });
    expect(parse('run -- x')).toMatchObject({ common: { routes: undefined } });
  });

  it('reads which traces are kept, also of a replay', () => {
    const all = { slow: true, error: true, ratio: 0.01 };
    expect(parse('run --keep slow,error,ratio=0.01 -- x')).toMatchObject({ common: { keep: all } });
    expect(parse('replay a.rec --keep error')).toMatchObject({ common: { keep: { error: true, ratio: 0 } } });
    expect(parse('run -- x')).toMatchObject({ common: { keep: undefined } });
  });

  it('reads from when on requests are slow, also of a replay', () => {
    expect(parse('replay a.rec --slow 20')).toMatchObject({ common: { slowMillis: 20 } });
    expect(parse('run --slow 0.5 -- x')).toMatchObject({ common: { slowMillis: 0.5 } });
    expect(parse('run --profile-hz 499 -- x')).toMatchObject({ common: { profileHz: 499 } });
  });

  it.each(['spans', 'attributes', 'none'])('reads --waits %s, also of a replay', (waits) => {
    expect(parse(`replay a.rec --waits ${waits}`)).toMatchObject({ common: { waits } });
    expect(parse(`run --waits ${waits} -- x`)).toMatchObject({ common: { waits } });
  });

  it('reads targets, each once', () => {
    expect(parse('attach --pid 4242 --exe /srv/* --pid 7 --pid 4242 --exe /srv/*')).toEqual({
      kind: 'attach',
      common: NOTHING,
      pids: [4242, 7],
      globs: ['/srv/*'],
    });
  });

  it.each([
    ['/srv/app', '/srv/app'],
    ['**/app', '**/app'],
    ['app', '**/app'],
    ['app-*', '**/app-*'],
    ['./app', resolve('app')],
  ])('takes --exe %s for %s', (glob, expected) => {
    expect(parse(`attach --exe ${glob}`)).toMatchObject({ globs: [expected] });
  });

  it.each(['--help', '-h', 'help', 'run --help', 'attach -h', 'attach --pid 1 --help'])(
    'helps with %s',
    (line) => {
      expect(parse(line)).toMatchObject({ kind: 'help', text: expect.stringContaining('Usage:') });
    },
  );

  it.each(['--version', 'run --version', 'attach --version'])('knows %s', (line) => {
    expect(parse(line)).toEqual({ kind: 'version' });
  });

  it('leaves --help after -- to the command', () => {
    expect(parse('run -- ./server --help')).toMatchObject({ kind: 'run', command: ['./server', '--help'] });
  });

  it.each([
    [
      '',
      'a command is missing: run, attach, serve, top, record, replay, open, report, diff, profile, advise, inspect, jaeger-ui-config or doctor (see goidspan --help)',
    ],
    ['report', 'the recording is missing (see goidspan report --help)'],
    [
      'report a.rec b.rec',
      'unexpected argument b.rec (one recording at a time) (see goidspan report --help)',
    ],
    ['report a.rec --out x', 'unknown option --out (see goidspan report --help)'],
    ...['diff', 'diff a.rec', 'diff a.rec b.rec c.rec'].map((words): [string, string] => [
      words,
      'name two recordings, the earlier one first (see goidspan diff --help)',
    ]),
    [
      'run --keep=slow,ratio=2 -- x',
      '--keep slow,ratio=2: not a list of slow, error and ratio=SHARE, each once, with a share from 0 to 1, e.g. slow,error,ratio=0.01 (see goidspan run --help)',
    ],
    [
      'run --route=users -- x',
      '--route "users": its path does not begin with /; a pattern is [METHOD ]/PATH, in which {name} is one part, and {name...} or * at the end is all that follows (see goidspan run --help)',
    ],
    [
      'run --slow=0 -- x',
      '--slow 0: not a number of milliseconds above 0 and up to 2000000 (see goidspan run --help)',
    ],
    ['trace', 'unknown command trace (see goidspan --help)'],
    ['--verbose', 'unknown option --verbose (see goidspan --help)'],
    ['run', 'a command is missing after -- (see goidspan run --help)'],
    ['run --', 'a command is missing after -- (see goidspan run --help)'],
    ['run ./server', 'unexpected argument ./server (a command goes after --) (see goidspan run --help)'],
    ['run --pid 1 -- x', 'unknown option --pid (see goidspan run --help)'],
    ['run --ouput x -- y', 'unknown option --ouput (see goidspan run --help)'],
    ['run --out', '--out needs a value (see goidspan run --help)'],
    ['run --out= -- x', '--out needs a value (see goidspan run --help)'],
    ['run --out --verbose -- x', '--out needs a value (see goidspan run --help)'],
    ['run --verbose=yes -- x', '--verbose takes no value (see goidspan run --help)'],
    [
      'run --duration 0 -- x',
      '--duration 0: not a number of seconds above 0 and up to 2000000 (see goidspan run --help)',
    ],
    [
      'run --duration=-1 -- x',
      '--duration -1: not a number of seconds above 0 and up to 2000000 (see goidspan run --help)',
    ],
    [
      'run --duration 1h -- x',
      '--duration 1h: not a number of seconds above 0 and up to 2000000 (see goidspan run --help)',
    ],
    [
      'run --db-statement full -- x',
      '--db-statement full: not one of sanitized, raw, none (see goidspan run --help)',
    ],
    ['replay a.rec --db-statement=', '--db-statement needs a value (see goidspan replay --help)'],
    [
      'run --level deep -- x',
      '--level deep: not one of spans, waits, runtime, cpu (see goidspan run --help)',
    ],
    [
      'run --raise spans -- x',
      '--raise spans: not one of none, waits, runtime, cpu (see goidspan run --help)',
    ],
    ['replay a.rec --raise cpu', 'unknown option --raise (see goidspan replay --help)'],
    ['run --duration= -- x', '--duration needs a value (see goidspan run --help)'],
    ...['0', '-1', '10001', '99Hz'].map((value): [string, string] => [
      `run --profile-hz=${value} -- x`,
      `--profile-hz ${value}: not a number above 0 and up to 10000 (see goidspan run --help)`,
    ]),
    ['run --level= -- x', '--level needs a value (see goidspan run --help)'],
    ['replay a.rec --level waits', 'unknown option --level (see goidspan replay --help)'],
    [
      'run --waits links -- x',
      '--waits links: not one of spans, events, attributes, none (see goidspan run --help)',
    ],
    ['replay a.rec --waits=', '--waits needs a value (see goidspan replay --help)'],
    ['replay a.rec --wait-min 1', 'unknown option --wait-min (see goidspan replay --help)'],
    ...['0', '1ms', '2000001'].map((value): [string, string] => [
      `run --wait-min ${value} -- x`,
      `--wait-min ${value}: not a number of milliseconds above 0 and up to 2000000 (see goidspan run --help)`,
    ]),
    ['run --wait-min= -- x', '--wait-min needs a value (see goidspan run --help)'],
    ['attach', '--pid or --exe is missing (see goidspan attach --help)'],
    ['attach 4242', 'unexpected argument 4242 (a command goes after --) (see goidspan attach --help)'],
    ['attach --pid 0', '--pid 0: not a process id from 1 to 4194304 (see goidspan attach --help)'],
    ['attach --pid shop', '--pid shop: not a process id from 1 to 4194304 (see goidspan attach --help)'],
    [
      'attach --pid 4194305',
      '--pid 4194305: not a process id from 1 to 4194304 (see goidspan attach --help)',
    ],
    ['attach --exe=', '--exe needs a value (see goidspan attach --help)'],
    [
      'attach --pid 1 --same-network',
      '--same-network is of --exe, which is missing (see goidspan attach --help)',
    ],
  ])('refuses %j', (line, message) => {
    expect(() => parse(line)).toThrow(new UsageError(message));
  });
});
