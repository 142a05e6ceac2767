import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ProfileInvocation, parseArguments } from '../../src/cli/arguments.ts';
import { profileCommand } from '../../src/cli/profile-command.ts';
import { fileNameOf, goFileOf, outputOf } from '../../src/cli/profile-output.ts';
import { Stop } from '../../src/cli/stop.ts';
import { GoidspanError } from '../../src/errors.ts';
import type { TargetInfo, TracerOptions } from '../../src/tracer/api.ts';
import { makeFact, makeSource } from '../span/fact.ts';
import { FakeTracer } from './fake-tracer.ts';
import { RecordingTerminal } from './recording-terminal.ts';

const code = {
  frames: [{ function: 'main.leaf', file: '/src/main.go', line: 7, isInlined: false }],
  kernelFrames: [],
  isCut: false,
};

/** A tracer of a program that is busy in a request as soon as it is attached. */
class BusyTracer extends FakeTracer {
  override attach(pid: number): TargetInfo {
    const target = super.attach(pid);
    const { traceId, spanId } = makeFact();
    const { codeSink } = this.options;
    setTimeout(() => {
      const at = process.hrtime();
      const sample = { at, periodNs: 10_000_000, threadId: 7, goid: 18, use: 'cpu' } as const;
      const { targetId } = target;
      codeSink?.onSample(
        { ...sample, targetId, span: { traceId, spanId }, place: undefined, kernelStackId: 0 },
        code,
        makeSource(),
      );
      codeSink?.onFact(makeFact({ start: at, end: at }, { pattern: 'GET /items/{id}' }), makeSource());
    }, 20);
    return target;
  }
}

async function run(
  line: string,
  make: (options: TracerOptions) => FakeTracer,
  terminal: RecordingTerminal = new RecordingTerminal(),
) {
  const stop = new Stop();
  onTestFinished(() => stop.dispose());
  let tracer: FakeTracer | undefined;
  const openTracer = async (options: TracerOptions): Promise<FakeTracer> => {
    tracer = make(options);
    return tracer;
  };
  const invocation = parseArguments(line.split(' ')) as ProfileInvocation;
  const ended = profileCommand(invocation, { terminal, env: {}, stop, openTracer });
  const outcome = await ended.catch((error: unknown) => error);
  return { outcome, terminal, tracer };
}

describe('goidspan profile', () => {
  it('looks at level cpu for as long as was asked, and writes what it has seen', async () => {
    const { outcome, terminal, tracer } = await run(
      'profile --pid 7 --duration 0.1 --hz 50 --format folded',
      (options) => new BusyTracer(options),
    );
    expect(outcome).toBe(0);
    expect(tracer?.options).toMatchObject({ level: 'cpu', profileHz: 50, waits: 'spans' });
    expect(tracer?.calls).toEqual(['pid 7', 'close']);
    expect(terminal.stdout).toBe('main.leaf 10000000\n');
    expect(terminal.stderr).toContain('profiling shop (pid 7) for 0.1 s');
    expect(terminal.stderr).toContain('1 samples, 0.01 s on processors; 0 waits in spans, 0.00 s');
    expect(terminal.stderr).toMatch(/^ +0\.01 s {2}100\.0 % +0\.01 s {2}100\.0 % {2}main\.leaf$/m);
    expect(terminal.stderr).not.toContain('summary');
  });

  it('counts down where somebody looks on', async () => {
    const terminal = Object.assign(new RecordingTerminal(), { isStderrTerminal: true });
    const { outcome } = await run(
      'profile --pid 7 --duration 1.2',
      (options) => new BusyTracer(options),
      terminal,
    );
    expect(outcome).toBe(0);
    expect(terminal.stderr).toContain('\r\u001b[K1 s left\r\u001b[K');
  });

  it('is refused where the program cannot be looked at as deep', async () => {
    class ShallowTracer extends FakeTracer {
      override attach(pid: number): TargetInfo {
        const target = { targetId: 1, pid, exe: '/srv/shop', serviceName: 'shop' };
        this.options.onEvent?.({
          kind: 'attached',
          target,
          hooks: [],
          missing: [],
          notDeeper: 'no level cpu: it lacks x',
        });
        return target;
      }
    }
    const { outcome, terminal, tracer } = await run(
      'profile --pid 7',
      (options) => new ShallowTracer(options),
    );
    expect(outcome).toBeInstanceOf(GoidspanError);
    expect((outcome as GoidspanError).code).toBe('not_supported_binary');
    expect(terminal.stderr).toContain('no level cpu: it lacks x');
    expect(tracer?.calls).toEqual(['pid 7', 'close']);
  });

  it('says that there was nothing to see, and writes nothing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'goidspan-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const { outcome, terminal } = await run(
      `profile --pid 7 --duration 0.05 -o ${join(folder, 'a.pb.gz')}`,
      (options) => new FakeTracer(options),
    );
    expect(outcome).toBe(1);
    expect(terminal.stderr).toContain('no sample: the program was on no processor');
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('the file of a profile', () => {
  const name = fileNameOf('unknown_service:shop', new Date('2026-11-30T03:15:00.123Z'));

  it.each([
    [{}, true, 'unknown_service_shop-20261130T031500Z.pb.gz'],
    [{}, false, undefined],
    [{ output: '-' }, true, undefined],
    [{ output: 'a' }, false, 'a'],
    [{ format: 'chrome' }, true, 'unknown_service_shop-20261130T031500Z.trace.json'],
  ] as const)(
    'is chosen by what was asked for and whether stdout is a terminal: %j, %s',
    (of, isStdoutTerminal, file) => {
      expect(outputOf({ output: undefined, format: 'pprof', ...of }, { isStdoutTerminal }, name)).toBe(file);
    },
  );

  it.each([
    [undefined, 'unknown_service_shop-20261130T031500Z.go.pb.gz'],
    ['shop.pb.gz', 'shop.go.pb.gz'],
    ['/tmp/a.b/shop', '/tmp/a.b/shop.go.pb.gz'],
    ['v1.2.pprof', 'v1.2.go.pb.gz'],
  ])("has Go's own beside it: %s", (file, beside) => {
    expect(goFileOf(file, name)).toBe(beside);
  });
});
