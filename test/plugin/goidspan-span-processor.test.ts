import {
  type ContextManager,
  context,
  DiagLogLevel,
  diag,
  ROOT_CONTEXT,
  type Span,
} from '@opentelemetry/api';
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GoidSpanProcessor } from '../../src/plugin/goidspan-span-processor.ts';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { makeSpan } from '../export/spans.ts';

const targets = { exe: '/nowhere/*' };

/** An exporter that keeps what it gets. */
function keeping() {
  const spans: ReadableSpan[] = [];
  const shutdown = vi.fn(async () => {});
  const exporter = {
    export: (batch: ReadableSpan[], done: (result: { code: 0 | 1 }) => void) => {
      spans.push(...batch);
      done({ code: 0 });
    },
    shutdown,
  };
  return { spans, exporter, shutdown };
}

const logger = { error: vi.fn(), warn: vi.fn(), info: vi.fn(), debug: vi.fn(), verbose: vi.fn() };

/** A processor on a host that cannot trace: nothing here needs the kernel. */
describe('the plug-in on a host that cannot trace', () => {
  beforeEach(() => {
    vi.spyOn(process, 'arch', 'get').mockReturnValue('ppc64');
    diag.setLogger(logger, DiagLogLevel.INFO);
  });

  afterEach(() => {
    vi.restoreAllMocks();
    vi.clearAllMocks();
    diag.disable();
  });

  it('is inert, says why once, and passes the spans of the application on', async () => {
    const { spans, exporter, shutdown } = keeping();
    const plugin = new GoidSpanProcessor({ targets, exporter });
    const provider = new BasicTracerProvider({ spanProcessors: [plugin] });
    provider.getTracer('app').startSpan('own').end();
    await provider.forceFlush();
    expect(spans.map((span) => span.name)).toEqual(['own']);
    expect(plugin.status()).toEqual({
      state: 'inert',
      reason: { code: 'shim_unusable', message: expect.stringContaining('linux-x64 and linux-arm64') },
      refused: [],
      exports: { handed: 1, exported: 1, lostByReason: {} },
    });
    await provider.shutdown();
    expect(plugin.status().state).toBe('closed');
    expect(shutdown).toHaveBeenCalledOnce();
    expect(logger.error).toHaveBeenCalledOnce();
  });

  it('forwards everything to a processor, the parent context too', async () => {
    const calls: unknown[][] = [];
    const call =
      (name: string) =>
      async (...args: unknown[]) =>
        void calls.push([name, ...args]);
    const processor = {
      onStart: call('onStart'),
      onEnding: call('onEnding'),
      onEnd: call('onEnd'),
      forceFlush: call('forceFlush'),
      shutdown: call('shutdown'),
    };
    const plugin = new GoidSpanProcessor({ targets, processor });
    const ended = makeSpan(1, 1);
    const started = {} as Span;
    plugin.onStart(started, ROOT_CONTEXT);
    plugin.onEnding(started);
    plugin.onEnd(ended);
    await plugin.forceFlush();
    await plugin.shutdown();
    await plugin.shutdown();
    expect(calls).toEqual([
      ['onStart', started, ROOT_CONTEXT],
      ['onEnding', started],
      ['onEnd', ended],
      ['forceFlush'],
      ['shutdown'],
    ]);
  });

  it('takes a processor of the SDK as it is', async () => {
    const { spans, exporter } = keeping();
    const plugin = new GoidSpanProcessor({ targets, processor: new SimpleSpanProcessor(exporter) });
    const provider = new BasicTracerProvider({ spanProcessors: [plugin] });
    provider.getTracer('app').startSpan('own').end();
    await provider.shutdown();
    expect(spans.map((span) => span.name)).toEqual(['own']);
  });

  it('throws nothing into the application when the processor behind it does', async () => {
    const fail = (): never => {
      throw new Error('broken');
    };
    const processor = { onStart: fail, onEnd: fail, forceFlush: fail, shutdown: fail };
    const plugin = new GoidSpanProcessor({ targets, processor });
    plugin.onStart({} as Span, ROOT_CONTEXT);
    plugin.onEnd(makeSpan(1, 1));
    plugin.onEnd(makeSpan(1, 2));
    await plugin.forceFlush();
    await plugin.shutdown();
    const said = logger.warn.mock.calls.map(([, message]) => message);
    expect(said).toHaveLength(4);
    expect(said.every((message) => String(message).includes('broken'))).toBe(true);
  });

  it('ends within its deadline when the exporter never answers, and counts what is lost', async () => {
    const exporter = { export: () => {}, shutdown: () => new Promise<void>(() => {}) };
    const plugin = new GoidSpanProcessor({ targets, exporter, limits: { shutdownTimeoutMillis: 300 } });
    plugin.onEnd(makeSpan(1, 1));
    const before = performance.now();
    await plugin.forceFlush();
    await plugin.shutdown();
    expect(performance.now() - before).toBeLessThan(1_000);
    expect(plugin.status().exports).toEqual({ handed: 1, exported: 0, lostByReason: { deadline: 1 } });
  });

  it('lets nothing trace the export itself', async () => {
    let active = ROOT_CONTEXT;
    const manager: ContextManager = {
      active: () => active,
      with: (inner, fn, thisArg, ...args) => {
        const outer = active;
        active = inner;
        try {
          return fn.call(thisArg as ThisParameterType<typeof fn>, ...args);
        } finally {
          active = outer;
        }
      },
      bind: (_, target) => target,
      enable: () => manager,
      disable: () => manager,
    };
    context.setGlobalContextManager(manager);
    const recorded: boolean[] = [];
    const isRecorded = (): boolean => provider.getTracer('http').startSpan('POST').isRecording();
    const exporter = {
      export: (_: ReadableSpan[], done: (result: { code: 0 }) => void) => {
        recorded.push(isRecorded());
        done({ code: 0 });
      },
      shutdown: async () => {},
    };
    const plugin = new GoidSpanProcessor({ targets, exporter });
    const provider = new BasicTracerProvider({ spanProcessors: [plugin] });
    expect(isRecorded()).toBe(true);
    plugin.onEnd(makeSpan(1, 1));
    await provider.shutdown();
    context.disable();
    expect(recorded).toEqual([false]);
  });

  it('waits for the resource of the application that is still being detected', async () => {
    const { spans, exporter } = keeping();
    const plugin = new GoidSpanProcessor({ targets, exporter });
    let detected: () => void = () => {};
    const resource = {
      ...makeSpan(1, 1).resource,
      asyncAttributesPending: true,
      waitForAsyncAttributes: () => new Promise<void>((resolve) => (detected = resolve)),
    };
    plugin.onEnd({ ...makeSpan(1, 1), resource });
    const flushed = plugin.forceFlush();
    await new Promise((done) => setTimeout(done, 20));
    expect(spans).toHaveLength(0);
    detected();
    await flushed;
    expect(spans).toHaveLength(1);
    await plugin.shutdown();
  });

  it('ends although every export fails', async () => {
    const exporter = {
      export: (_: ReadableSpan[], done: (result: { code: 1; error: Error }) => void) =>
        done({ code: 1, error: new Error('no') }),
      shutdown: async () => {
        throw new Error('no');
      },
    };
    const plugin = new GoidSpanProcessor({ targets, exporter });
    plugin.onEnd(makeSpan(1, 1));
    await plugin.forceFlush();
    await plugin.shutdown();
    expect(plugin.status().exports).toEqual({ handed: 1, exported: 0, lostByReason: { other: 1 } });
  });
});

describe('the plug-in of a disabled SDK', () => {
  it('is inert without an error', async () => {
    vi.stubEnv('OTEL_SDK_DISABLED', 'true');
    const { exporter } = keeping();
    const plugin = new GoidSpanProcessor({ targets, exporter });
    await plugin.forceFlush();
    expect(plugin.status()).toMatchObject({
      state: 'inert',
      reason: { message: 'OTEL_SDK_DISABLED is true' },
    });
    await plugin.shutdown();
    vi.unstubAllEnvs();
  });
});
