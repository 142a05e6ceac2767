/** Every error code of the README, made to happen, as the user of the command sees it: message and exit code. */
import { cpSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseArguments } from '../../src/cli/arguments.ts';
import { attachCommand } from '../../src/cli/attach-command.ts';
import { Stop } from '../../src/cli/stop.ts';
import { type ErrorCode, errorCodes, GoidspanError } from '../../src/errors.ts';
import { FakeTracer } from '../cli/fake-tracer.ts';
import { RecordingTerminal } from '../cli/recording-terminal.ts';
import { go, kernel, type Requirement } from '../support/capabilities.ts';
import { Child } from '../support/child.ts';
import { goidspanMain, temporaryFolder } from '../support/command.ts';
import { buildGo } from '../support/go-build.ts';
import { GoServer } from '../support/go-server.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const isRoot: Requirement = () => (process.getuid?.() === 0 ? undefined : 'needs root');

/** One way to provoke an error. */
interface Provocation {
  readonly needs?: readonly Requirement[];
  /** The arguments, or all words when they begin with a program. */
  readonly words: () => Promise<readonly string[]> | readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly code: number;
  readonly message: RegExp;
}

const ours = [process.execPath, goidspanMain] as const;
const self = String(process.pid);

/** A shell runs `script` where mounts are nobody else's, then becomes the command. */
const withMounts = (script: string, ...args: string[]) => [
  ...['unshare', '--mount', 'sh', '-c', `${script} && exec "$0" "$@"`, ...ours],
  ...args,
];

/** The installed package again, with one native file cut to 100 bytes. */
async function withDamaged(file: string, ...args: string[]): Promise<string[]> {
  const folder = await temporaryFolder();
  cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true });
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  truncateSync(join(folder, 'dist', 'native', `linux-${process.arch}`, file), 100);
  return [process.execPath, join(folder, 'dist', 'cli', 'main.js'), ...args];
}

/** Where the tests run there are uprobes; a tracer that is told otherwise stands in, below. Advice takes a program that needs some (`advise.test.ts`). Those of the store and of Jaeger are in `test/store` and `test/jaeger`. */
const elsewhere = [
  'no_uprobes',
  'cannot_apply',
  'no_sqlite',
  'bad_store',
  'store_busy',
  'store_full',
  'cannot_listen',
  'not_in_jaeger',
] as const;
type Elsewhere = (typeof elsewhere)[number];
type Provocable = Exclude<ErrorCode, Elsewhere>;

const provocations: Readonly<Record<Provocable, Provocation>> = {
  no_such_process: {
    needs: [kernel],
    words: () => [...ours, 'attach', '--pid', '4194304'],
    code: 3,
    message: /^goidspan: cannot attach to pid 4194304: no such process \(is it still running\?\)$/m,
  },
  not_permitted: {
    needs: [isRoot],
    words: () => ['setpriv', '--bounding-set=-all', '--inh-caps=-all', ...ours, 'attach', '--pid', self],
    code: 3,
    message: /^goidspan: cannot load BPF programs: EPERM \(run as root, or with CAP_BPF/m,
  },
  not_go: {
    needs: [kernel],
    words: () => [...ours, 'attach', '--pid', self],
    code: 3,
    message:
      /^goidspan: cannot trace \S+node \(pid \d+\): not a Go program: .* \(name the Go program itself, not a wrapper\)$/m,
  },
  not_supported_binary: {
    needs: [kernel, go],
    words: async () => {
      const name = 'hello';
      return [...ours, 'run', '--', await buildGo({ dir: 'test/fixtures/binary/hello', name })];
    },
    code: 3,
    message: /^goidspan: cannot trace \S+: it has none of http_server, .* \(it makes no spans; does the/m,
  },
  bad_binary: {
    words: async () => {
      const path = join(await temporaryFolder(), 'program');
      writeFileSync(path, '\x7fELF\x02\x01\x01');
      return [...ours, 'inspect', path];
    },
    code: 3,
    message: /^goidspan: cannot read .*\/program.* \(.*\)$/m,
  },
  no_btf: {
    needs: [kernel, isRoot],
    words: () => withMounts('mount -t tmpfs none /sys/kernel/btf', 'attach', '--pid', self),
    code: 3,
    message:
      /^goidspan: cannot load BPF programs: \/sys\/kernel\/btf\/vmlinux is missing \(use a kernel built/m,
  },
  kernel_refused: {
    needs: [kernel],
    words: () => withDamaged('goidspan.bpfel.o', 'attach', '--pid', self),
    code: 3,
    message:
      /^goidspan: cannot load BPF programs: \S+.* \(`goidspan doctor` tells what this kernel lacks\)$/m,
  },
  shim_unusable: {
    words: () => withDamaged('libgoidspan.so', 'attach', '--pid', self),
    code: 3,
    message: /^goidspan: cannot load \S+libgoidspan\.so: .* \(.+\)$/m,
  },
  bad_endpoint: {
    words: () => [...ours, 'attach', '--pid', self],
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'nonsense' },
    code: 1,
    message: /^goidspan: cannot export to "nonsense": not a URL of OTLP \(set OTEL_EXPORTER_OTLP_ENDPOINT/m,
  },
  cannot_write: {
    words: () => [...ours, 'attach', '--pid', self, '--out', '/no/such/spans.jsonl'],
    code: 1,
    message: /^goidspan: cannot write \/no\/such\/spans\.jsonl: ENOENT.* \(choose another --out\)$/m,
  },
  no_jaeger: {
    words: () => [...ours, 'serve', '--from-jaeger', 'http://127.0.0.1:2', '--port', '0'],
    code: 1,
    message: /^goidspan: cannot ask Jaeger at http:\/\/127\.0\.0\.1:2: .* \(is it running, and is this/m,
  },
  cannot_run: {
    needs: [kernel],
    words: () => [...ours, 'run', '--', 'no-such-command'],
    code: 1,
    message: /^goidspan: cannot run no-such-command: not found on the PATH \(check the name/m,
  },
  no_go_profile: {
    needs: [kernel, go],
    words: async () => {
      const server = await GoServer.start(await buildGo({ dir: 'test/fixtures/profile', name: 'profile' }));
      onTestFinished(() => server.stop());
      return [...ours, 'profile', '--pid', String(server.pid), '--go-profile', '127.0.0.1:1'];
    },
    code: 1,
    message:
      /^goidspan: cannot get Go's own profile from http:\/\/127\.0\.0\.1:1\/debug\/pprof\/profile\?seconds=10: .*ECONNREFUSED.* \(does the program serve net\/http\/pprof there\?\)$/m,
  },
  bad_recording: {
    words: () => [...ours, 'replay', goidspanMain],
    code: 1,
    message: /^goidspan: cannot replay \S+: it is not a recording \(name a file that goidspan record has/m,
  },
};

describe('the command', () => {
  const codes = Object.keys(errorCodes).filter(
    (code): code is Provocable => !elsewhere.includes(code as Elsewhere),
  );

  it.for(codes)('says what is wrong on %s', async (errorCode, context) => {
    const { needs = [], words, env, code, message } = provocations[errorCode];
    const missing = needs.map((need) => need()).find((reason) => reason !== undefined);
    if (missing !== undefined) context.skip(missing);
    const [program = '', ...args] = await words();
    const child = new Child(program, args, { ...(env && { env }) });
    expect(await child.ended).toBe(code);
    expect(child.stderr).toMatch(message);
    expect(child.stdout).toBe('');
  });

  it('says what is wrong on no_uprobes', async () => {
    const message =
      'cannot attach x to /srv/shop (pid 7): ENODEV (use a kernel built with CONFIG_UPROBE_EVENTS=y)';
    const terminal = new RecordingTerminal();
    const stop = new Stop();
    const invocation = parseArguments(['attach', '--pid', '7']);
    if (invocation.kind !== 'attach') throw new Error(invocation.kind);
    const code = await attachCommand(invocation, {
      terminal,
      env: {},
      stop,
      openTracer: async (options) =>
        Object.assign(new FakeTracer(options), {
          attachPid: async () => {
            throw new GoidspanError('no_uprobes', message);
          },
        }),
    });
    stop.dispose();
    expect({ code, stderr: terminal.stderr }).toEqual({ code: 3, stderr: `${message}\n` });
  });
});
