import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { describeKernel } from '../support/capabilities.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const main = `${root}dist/cli/main.js`;
/** Starts a program as root without any capability: it can read what belongs to root, but not load BPF. */
const WITHOUT_RIGHTS = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-all', '--inh-caps=-all'] : [];

beforeAll(() => {
  execFileSync(process.execPath, [`${root}.scripts/build.mjs`], { stdio: 'ignore' });
});

/** Runs the built command to its end. */
function goidspan(args: string[], options: { env?: Record<string, string>; prefix?: string[] } = {}) {
  const env = { PATH: process.env['PATH'], ...options.env };
  const [file = '', ...words] = [...(options.prefix ?? []), process.execPath, main, ...args];
  const { status, stdout, stderr } = spawnSync(file, words, { env, encoding: 'utf8', timeout: 20_000 });
  return { status, stdout, stderr };
}

describe('the command goidspan', () => {
  it('starts with a line for the kernel, and can be executed', () => {
    expect(readFileSync(main, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
    expect(execFileSync(main, ['--version'], { encoding: 'utf8' })).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('prints the version of the package', () => {
    const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
    expect(goidspan(['--version'])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  });

  it.each([[['--help']], [['run', '--help']], [['attach', '--help']]])('prints help on %j', (args) => {
    const { status, stdout, stderr } = goidspan(args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(
      'Exit codes: 0 success, 1 failure at run time, 2 usage, 3 nothing could be attached.',
    );
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(110);
  });

  it.each([
    [
      [],
      'goidspan: a command is missing: run, attach, serve, top, record, replay, open, report, diff, profile, advise, inspect, jaeger-ui-config or doctor (see goidspan --help)\n',
    ],
    [['attach'], 'goidspan: --pid or --exe is missing (see goidspan attach --help)\n'],
    [['run', '--pid', '1'], 'goidspan: unknown option --pid (see goidspan run --help)\n'],
  ])('exits with 2 on %j', (args, stderr) => {
    expect(goidspan(args)).toEqual({ status: 2, stdout: '', stderr });
  });

  it('writes everything, however late a pipe is read that is full meanwhile', () => {
    const long = `/${'x'.repeat(100_000)}`;
    const script = '"$0" "$1" inspect "$2" 2>&1 >/dev/null | (sleep 1; cat)';
    const { stdout } = spawnSync('sh', ['-c', script, process.execPath, main, long], { encoding: 'utf8' });
    expect(stdout).toMatch(/^goidspan: [^\n]{100000,}\n$/);
  });

  it('exits with 1 on an endpoint that is no URL, before it attaches anything', () => {
    expect(goidspan(['attach', '--pid', '1'], { env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'nonsense' } })).toEqual({
      status: 1,
      stdout: '',
      stderr:
        'goidspan: cannot export to "nonsense": not a URL of OTLP (set OTEL_EXPORTER_OTLP_ENDPOINT, for example to http://localhost:4318)\n',
    });
  });

  it('exits with 1 on a file that cannot be written', () => {
    const { status, stderr } = goidspan(['attach', '--pid', '1', '--out', '/no/such/spans.jsonl']);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^goidspan: cannot write \/no\/such\/spans\.jsonl: ENOENT.* \(choose another --out\)\n$/,
    );
  });

  it.each([[['attach', '--pid', String(process.pid)]], [['run', '--', 'true']]])(
    'exits with 3 and the remedy without rights: %j',
    (args) => {
      const { status, stderr } = goidspan(args, { prefix: WITHOUT_RIGHTS });
      expect(status).toBe(3);
      expect(stderr).toMatch(/^goidspan: cannot load BPF programs: .*\(run as root, or with CAP_BPF.*\)\n$/);
    },
  );
});

describeKernel('the command goidspan, with the rights to trace', () => {
  it('exits with 3 for a process that does not exist', () => {
    expect(goidspan(['attach', '--pid', '4194304'])).toEqual({
      status: 3,
      stdout: '',
      stderr: 'goidspan: cannot attach to pid 4194304: no such process (is it still running?)\n',
    });
  });

  it('exits with 3 for a program that is not Go', () => {
    const { status, stderr } = goidspan(['attach', '--pid', String(process.pid)]);
    expect(status).toBe(3);
    expect(stderr).toMatch(/^goidspan: cannot .*: not a Go program.*\(.*\)\n$/);
  });

  it('exits with 3 when a command starts no Go program, and with the code of the command if that failed', () => {
    expect(goidspan(['run', '--', 'true'])).toMatchObject({
      status: 3,
      stderr: 'goidspan: nothing was attached: true is not a Go program and has started none\n',
    });
    expect(goidspan(['run', '--', 'sh', '-c', 'exit 7']).status).toBe(7);
    expect(goidspan(['run', '--', 'sh', '-c', 'kill -KILL $$']).status).toBe(137);
  });

  it('hands standard streams and arguments to the command', () => {
    const { stdout, stderr } = goidspan(['run', '--', 'sh', '-c', 'echo "$1"; echo err >&2', 'sh', "a  'b"]);
    expect(stdout).toBe("a  'b\n");
    expect(stderr).toContain('err\n');
  });

  it('exits with 1 when the command cannot be started', () => {
    expect(goidspan(['run', '--', './no/such'])).toEqual({
      status: 1,
      stdout: '',
      stderr: 'goidspan: cannot run ./no/such: no such file (check the path)\n',
    });
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('says what it waits for and ends on %s', async (signal) => {
    const child = spawn(process.execPath, [main, 'attach', '--exe', '/no/such/*'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stderr = '';
    const ended = new Promise((resolve) => child.once('close', resolve));
    await new Promise<void>((resolve) => {
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
        if (stderr.includes('waiting for a program that matches /no/such/*\n')) resolve();
      });
    });
    child.kill(signal);
    expect(await ended).toBe(3);
    expect(stderr).toContain('nothing was attached: no Go program that matches /no/such/* has run\n');
  });
});
