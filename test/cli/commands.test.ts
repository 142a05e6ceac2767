import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseArguments } from '../../src/cli/arguments.ts';
import { attachCommand } from '../../src/cli/attach-command.ts';
import { runCommand } from '../../src/cli/run-command.ts';
import type { CommandContext } from '../../src/cli/session.ts';
import { Stop } from '../../src/cli/stop.ts';
import { GoidspanError } from '../../src/errors.ts';
import { closedPort } from '../export/otlp-receiver.ts';
import { FakeTracer } from './fake-tracer.ts';

let directory: string;
let stdout: string;
let stderr: string;
let stop: Stop;
let tracer: FakeTracer | undefined;
let context: CommandContext;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'goidspan-cli-'));
  stdout = '';
  stderr = '';
  stop = new Stop();
  tracer = undefined;
  context = {
    terminal: {
      isStdoutTerminal: false,
      writeOut: (text) => {
        stdout += text;
      },
      say: (message) => {
        stderr += `${message}\n`;
      },
      writeError: (text) => {
        stderr += text;
      },
    },
    env: { PATH: process.env['PATH'] },
    stop,
    openTracer: async (options) => {
      tracer = new FakeTracer(options);
      return tracer;
    },
  };
});

afterEach(() => {
  stop.dispose();
  rmSync(directory, { recursive: true });
});

/** Runs a command line; `script` is called with the tracer once that is open. */
async function goidspan(args: string[], script: (tracer: FakeTracer) => void = () => {}): Promise<number> {
  const invocation = parseArguments(args);
  const openTracer: CommandContext['openTracer'] = async (options) => {
    const opened = await context.openTracer(options);
    script(opened as FakeTracer);
    return opened;
  };
  if (invocation.kind === 'run') return runCommand(invocation, { ...context, openTracer });
  if (invocation.kind === 'attach') return attachCommand(invocation, { ...context, openTracer });
  throw new Error(invocation.kind);
}

/** After the command has got as far as it can by itself. */
function later(action: () => void): void {
  setTimeout(action, 100);
}

describe('attach', () => {
  it('ends with its last process and prints trees and a summary', async () => {
    const code = await goidspan(['attach', '--pid', '4242', '--pid', '7'], (opened) => {
      later(() => {
        opened.makeSpans(2);
        for (const [targetId, pid] of [
          [1, 4242],
          [2, 7],
        ] as const) {
          opened.end({ targetId, pid, exe: '/srv/shop', serviceName: 'shop' });
        }
      });
    });
    expect(code).toBe(0);
    expect(tracer?.calls).toEqual(['pid 4242', 'pid 7', 'close']);
    expect(stdout.match(/GET \/ {2}1\.00 s/g)).toHaveLength(2);
    expect(stderr).toBe(`\
attached to shop (pid 4242, /srv/shop, go1.26.8)
attached to shop (pid 7, /srv/shop, go1.26.8)
no longer tracing shop (pid 4242, /srv/shop)
no longer tracing shop (pid 7, /srv/shop)
goidspan: summary
  spans    2 (server 2, client 0, internal 0)
           2 of 2 exported to the terminal
  hits     3
           http_server_start 3, 640 ns each in its program
  lost     1
           ring_full 1
  noted
           unsampled 4
  targets  0
`);
  });

  it('goes on with the others when one process cannot be attached', async () => {
    const code = await goidspan(['attach', '--pid', '1', '--pid', '2'], (opened) => {
      opened.refusedPids.add(1);
      later(() => stop.now('SIGINT'));
    });
    expect(code).toBe(0);
    expect(stderr).toContain('cannot attach to pid 1: no such process (is it still running?)\n');
    expect(tracer?.calls).toEqual(['pid 1', 'pid 2', 'close']);
  });

  it('ends with 3 and no summary text when nothing can be attached', async () => {
    const summary = join(directory, 'summary.json');
    const code = await goidspan(['attach', '--pid', '1', '--summary', summary], (opened) => {
      opened.refusedPids.add(1);
    });
    expect(code).toBe(3);
    expect(stderr).toBe('cannot attach to pid 1: no such process (is it still running?)\n');
    expect(JSON.parse(readFileSync(summary, 'utf8')).targets).toEqual([]);
  });

  it('waits for a program that matches, says so, and ends with 3 when none has come', async () => {
    expect(await goidspan(['attach', '--exe', '/srv/*', '--duration', '0.2'])).toBe(3);
    expect(stderr).toBe(
      'waiting for a program that matches /srv/*\n' +
        'nothing was attached: no Go program that matches /srv/* has run\n',
    );
  });

  it('ends with 0 when a program that matches came later', async () => {
    const code = await goidspan(['attach', '--exe', '/srv/*', '--duration', '0.3'], (opened) => {
      later(() => opened.attach(9));
    });
    expect(code).toBe(0);
  });

  it('says nothing of waiting when a program runs already', async () => {
    const code = await goidspan(['attach', '--exe', '/srv/*', '--duration', '0.2'], (opened) => {
      opened.matches = 1;
    });
    expect(code).toBe(0);
    expect(stderr).not.toContain('waiting');
  });

  it('looks at level cpu by default where requests are printed on a terminal, or less deep where the kernel refuses', async () => {
    const levels: unknown[] = [];
    const refusal = new GoidspanError('kernel_refused', 'cannot load BPF programs: x (y)');
    const openTracer: CommandContext['openTracer'] = async (options) => {
      levels.push(options.level);
      if (options.level === 'cpu') throw refusal;
      return new FakeTracer(options);
    };
    context = { ...context, openTracer };
    const run = (...args: string[]) => goidspan(['run', ...args, '--', 'true']);
    await run();
    expect(levels.splice(0)).toEqual([undefined]);
    context = { ...context, terminal: { ...context.terminal, isStdoutTerminal: true } };
    await run();
    expect(levels.splice(0)).toEqual(['cpu', undefined]);
    expect(stderr).toContain('x (y): requests are looked at less deep than at level cpu');
    await run('--level', 'waits');
    expect(levels.splice(0)).toEqual(['waits']);
    await expect(run('--level', 'cpu')).rejects.toBe(refusal);
    levels.splice(0);
    context = { ...context, env: { ...context.env, OTEL_TRACES_EXPORTER: 'none' } };
    await run();
    expect(levels).toEqual([undefined]);
  });

  it('looks deeper when a route is slow as it is told, or as the environment says', async () => {
    const raises: unknown[] = [];
    const openTracer: CommandContext['openTracer'] = async (options) => {
      raises.push(options.raise);
      return new FakeTracer(options);
    };
    context = { ...context, openTracer };
    await goidspan(['run', '--', 'true']);
    context = { ...context, env: { ...context.env, GOIDSPAN_RAISE: 'waits' } };
    await goidspan(['run', '--', 'true']);
    await goidspan(['run', '--raise', 'none', '--', 'true']);
    context = { ...context, env: { ...context.env, GOIDSPAN_RAISE: 'spans' } };
    await goidspan(['run', '--', 'true']);
    expect(raises).toEqual([undefined, 'waits', 'none', undefined]);
    expect(stderr).toContain('GOIDSPAN_RAISE=spans is ignored: not one of none, waits, runtime, cpu');
  });

  it('leaves nothing open when the tracer cannot be opened', async () => {
    const out = join(directory, 'spans.jsonl');
    const error = new GoidspanError('not_permitted', 'cannot load BPF programs: x (y)');
    context = { ...context, openTracer: () => Promise.reject(error) };
    await expect(goidspan(['attach', '--pid', '1', '--out', out])).rejects.toBe(error);
  });

  it.each([
    [['--out', '/nowhere/x'], 'cannot_write'],
    [['--summary', '/nowhere/x'], 'cannot_write'],
  ])('opens no tracer when it cannot write: %j', async (args, code) => {
    await expect(goidspan(['attach', '--pid', '1', ...args])).rejects.toMatchObject({ code });
    expect(tracer).toBeUndefined();
  });

  it('opens no tracer when the endpoint is no URL', async () => {
    context = { ...context, env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'nonsense' } };
    await expect(goidspan(['attach', '--pid', '1'])).rejects.toMatchObject({ code: 'bad_endpoint' });
    expect(tracer).toBeUndefined();
  });

  it('ends with 1 when nobody listens at the endpoint, and says so at once', async () => {
    const endpoint = `http://127.0.0.1:${await closedPort()}`;
    context = { ...context, env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } };
    const code = await goidspan(['attach', '--pid', '1'], (opened) => {
      expect(stderr).toBe(
        `cannot export to ${endpoint}/v1/traces: connection refused (is a collector listening there? set OTEL_EXPORTER_OTLP_ENDPOINT)\n`,
      );
      later(() => {
        opened.makeSpans(3);
        stop.now('SIGTERM');
      });
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/export_otlp_(connection_refused|deadline) 3\n/);
    expect(stdout).toBe('');
  });

  it('writes OTLP JSON and the summary', async () => {
    const out = join(directory, 'spans.jsonl');
    const summary = join(directory, 'summary.json');
    const args = ['attach', '--pid', '7', '--out', out, '--summary', summary, '--service-name', 'other'];
    const code = await goidspan(args, (opened) => {
      later(() => {
        opened.makeSpans(700);
        stop.now('SIGINT');
      });
    });
    expect(code).toBe(0);
    expect(tracer?.options.serviceName).toBe('other');
    const spans = readFileSync(out, 'utf8')
      .trimEnd()
      .split('\n')
      .flatMap((line) => JSON.parse(line).resourceSpans)
      .flatMap((resourceSpans) => resourceSpans.scopeSpans)
      .flatMap((scopeSpans) => scopeSpans.spans);
    expect(spans).toHaveLength(700);
    expect(JSON.parse(readFileSync(summary, 'utf8'))).toMatchObject({
      spans: { exported: 700, ended: 700, byKind: { server: 700, client: 0 } },
      hits: { total: 3, byProbe: { http_server_start: 3 } },
      lost: { total: 1, byReason: { ring_full: 1, no_entry: 0 } },
      exports: [
        { name: 'file', handed: 700, exported: 700, lostByReason: {} },
        { name: 'terminal', handed: 700, exported: 700, lostByReason: {} },
      ],
      targets: [],
    });
  });

  it('hands the sampler of the environment to the tracer', async () => {
    context = { ...context, env: { OTEL_TRACES_SAMPLER: 'always_off', OTEL_TRACES_EXPORTER: 'none' } };
    await goidspan(['attach', '--exe', 'x', '--duration', '0.05']);
    expect(tracer?.options.sampler).toEqual({ parentBased: false, rejectBelow: 1n << 56n });
    expect(tracer?.options.processors).toEqual([]);
  });
});

describe('run', () => {
  /** A shell script in place of a Go program. */
  function script(text: string): string {
    const path = join(directory, 'command');
    writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    return path;
  }

  it('starts the command only after the tracer is attached, under the pid that was attached', async () => {
    const log = join(directory, 'log');
    const path = script(`echo "$$ $1" > ${log}`);
    let pid = 0;
    const code = await goidspan(['run', '--', path, 'a  b'], (opened) => {
      const attach = opened.attach.bind(opened);
      opened.attach = (attached) => {
        pid = attached;
        expect(() => readFileSync(log)).toThrow('ENOENT');
        return attach(attached);
      };
    });
    expect(code).toBe(0);
    expect(readFileSync(log, 'utf8')).toBe(`${pid} a  b\n`);
  });

  it('finds the command on the PATH', async () => {
    expect(await goidspan(['run', '--', 'true'])).toBe(0);
    expect(tracer?.calls).toEqual([`command ${realpathSync('/bin/true')}`, 'close']);
  });

  it.each([
    ['exit 7', 7],
    ['kill -TERM $$', 143],
    ['kill -KILL $$', 137],
    ['exit 0', 0],
  ])('passes the end of %j on', async (text, code) => {
    expect(await goidspan(['run', '--', script(text)])).toBe(code);
  });

  it('passes a signal on and waits for the end of the command', async () => {
    const path = script('trap "exit 9" TERM; echo ready; while :; do sleep 0.05; done');
    const code = await goidspan(['run', '--', path], () =>
      setTimeout(() => process.emit('SIGTERM', 'SIGTERM'), 500),
    );
    expect(code).toBe(9);
  });

  it('ends the command when its time is over, with 0', async () => {
    expect(await goidspan(['run', '--duration', '0.3', '--', 'sleep', '30'])).toBe(0);
  });

  it('ends with 3 when neither the command nor what it starts is a Go program', async () => {
    const code = await goidspan(['run', '--', 'true'], (opened) => {
      opened.commandIs = 'other';
    });
    expect(code).toBe(3);
    expect(stderr).toBe('nothing was attached: true is not a Go program and has started none\n');
  });

  it('never runs a command that cannot be attached', async () => {
    const log = join(directory, 'log');
    const path = script(`echo ran > ${log}`);
    const run = goidspan(['run', '--', path], (opened) => {
      opened.commandIs = 'refused';
    });
    await expect(run).rejects.toMatchObject({ code: 'not_supported_binary' });
    expect(() => readFileSync(log)).toThrow('ENOENT');
    expect(tracer?.calls).toEqual([`command ${path}`, 'close']);
  });

  it.each([
    [
      'no-such-command',
      'cannot run no-such-command: not found on the PATH (check the name, or give a path such as ./no-such-command)',
    ],
    ['./no/such', 'cannot run ./no/such: no such file (check the path)'],
    ['/etc/passwd', 'cannot run /etc/passwd: not executable (check the path)'],
    ['/etc', 'cannot run /etc: not a file (check the path)'],
  ])('says why %s cannot be run', async (command, message) => {
    await expect(goidspan(['run', '--', command])).rejects.toMatchObject({ code: 'cannot_run', message });
  });
});
