import { describe, expect, it } from 'vitest';
import { checkOptions } from '../../src/plugin/check-options.ts';
import { GoidOtlpExporter } from '../../src/plugin/goid-otlp-exporter.ts';
import { GoidSpanProcessor } from '../../src/plugin/goidspan-span-processor.ts';
import type { GoidSpanProcessorOptions } from '../../src/plugin/options.ts';

const exporter = { export: () => {}, shutdown: async () => {} };
const processor = {
  onStart: () => {},
  onEnd: () => {},
  forceFlush: async () => {},
  shutdown: async () => {},
};
const good = { targets: { pid: 1 }, exporter };

const settingsOf = (options: object, env: NodeJS.ProcessEnv = {}) =>
  checkOptions(options as GoidSpanProcessorOptions, env, () => {});

it('a budget is kept unless none is wanted', () => {
  expect(settingsOf(good).budget).toBe(0.02);
  expect(settingsOf({ ...good, budget: 0.1 }).budget).toBe(0.1);
  expect(settingsOf({ ...good, budget: 'none' }).budget).toBeUndefined();
});

describe('an option that cannot be used', () => {
  it.each<[string, unknown, typeof TypeError | typeof RangeError, string]>([
    ['nothing', undefined, TypeError, 'options must be an object, not undefined'],
    ['a typo', { ...good, exporters: [] }, TypeError, 'options has no exporters; it may have targets, '],
    ['two exporters', { ...good, processor }, TypeError, 'at most one of exporter, processor and otlp'],
    [
      'OTLP and a processor',
      { targets: { pid: 1 }, processor, otlp: {} },
      TypeError,
      'not processor and otlp',
    ],
    ['an OTLP option of no use', { targets: { pid: 1 }, otlp: { urls: 'x' } }, TypeError, 'no urls'],
    ['bytes for an exporter', { ...good, limits: { maxQueueBytes: 9 } }, TypeError, 'limits.maxQueueBytes'],
    ['stats that cannot be called', { ...good, stats: 5 }, TypeError, 'stats must be a function, not 5'],
    [
      'half an exporter',
      { ...good, exporter: { export() {} } },
      TypeError,
      'exporter must have the method shutdown',
    ],
    [
      'an exporter as processor',
      { targets: { pid: 1 }, processor: exporter },
      TypeError,
      'processor must have the method onStart',
    ],
    [
      'no targets',
      { exporter },
      TypeError,
      'targets must be { pid } or { exe }, an array of these, or a function',
    ],
    [
      'a budget of nothing',
      { ...good, budget: 0 },
      RangeError,
      "budget must be a number above 0 and up to 1, or 'none', not 0",
    ],
    [
      'a raise to the first level',
      { ...good, raise: 'spans' },
      RangeError,
      'raise must be one of none, waits, runtime, cpu, not "spans"',
    ],
    ['a budget of two', { ...good, budget: 2 }, RangeError, 'budget must be'],
    ['a budget in words', { ...good, budget: '2%' }, RangeError, 'not "2%"'],
    [
      'a processor looked at never',
      { ...good, profileHz: 0 },
      RangeError,
      'profileHz must be a number above 0 and up to 10000, not 0',
    ],
    ['an empty list', { ...good, targets: [] }, RangeError, 'targets must name at least one'],
    ['a bare pid', { ...good, targets: 42 }, TypeError, 'targets must be { pid } or { exe }'],
    [
      'a pid as text',
      { ...good, targets: { pid: '42' } },
      TypeError,
      'targets: pid must be a number, not "42"',
    ],
    [
      'pid 0',
      { ...good, targets: [{ pid: 0 }] },
      RangeError,
      'targets: pid must be an integer from 1 to 4194304, not 0',
    ],
    ['pid and exe', { ...good, targets: { pid: 1, exe: '/a' } }, TypeError, 'exactly one of pid and exe'],
    [
      'a relative glob',
      { ...good, targets: { exe: 'srv/*' } },
      RangeError,
      'targets: exe must match whole paths',
    ],
    [
      'a glob that is no text',
      { ...good, targets: { exe: 7 } },
      TypeError,
      'targets: exe must be a string, not 7',
    ],
    [
      'a sampler of the SDK',
      { ...good, sampler: { shouldSample() {} } },
      TypeError,
      'sampler has no shouldSample; it may have ratio, parentBased',
    ],
    [
      'a ratio above 1',
      { ...good, sampler: { ratio: 2 } },
      RangeError,
      'sampler.ratio must be from 0 to 1, not 2',
    ],
    ['a ratio as text', { ...good, sampler: { ratio: '1' } }, TypeError, 'sampler.ratio must be a number'],
    [
      'parentBased as text',
      { ...good, sampler: { parentBased: 'no' } },
      TypeError,
      'sampler.parentBased must be true or false',
    ],
    [
      'routes that are no list',
      { ...good, routes: '/a' },
      TypeError,
      'routes must be an array of strings, not "/a"',
    ],
    [
      'a route that is none',
      { ...good, routes: ['/a/{b}.json'] },
      RangeError,
      'routes must be patterns, each [METHOD ]/PATH, in which {name} is one part, and {name...} or * at the end is all that follows; "/a/{b}.json": {b}.json is no whole part such as {id}',
    ],
    [
      'rules of what to keep that are none',
      { ...good, keep: { fast: true } },
      TypeError,
      'keep has no fast; it may have slow, error, ratio',
    ],
    [
      'rules by which nothing would be kept',
      { ...good, keep: {} },
      RangeError,
      'keep must have at least one of slow, error and ratio',
    ],
    [
      'a rule as text',
      { ...good, keep: { slow: 'yes' } },
      TypeError,
      'keep.slow must be true or false, not "yes"',
    ],
    [
      'a share to keep above 1',
      { ...good, keep: { ratio: 1.5 } },
      RangeError,
      'keep.ratio must be from 0 to 1, not 1.5',
    ],
    [
      'an unknown limit',
      { ...good, limits: { ringbytes: 1 } },
      TypeError,
      'limits has no ringbytes; it may have ringBytes',
    ],
    [
      'a ring of 5,000 bytes',
      { ...good, limits: { ringBytes: 5_000 } },
      RangeError,
      'limits.ringBytes must be a power of two',
    ],
    [
      'a ring of 2 bytes',
      { ...good, limits: { ringBytes: 2 } },
      RangeError,
      'limits.ringBytes must be an integer from 4096 to 1073741824, not 2',
    ],
    [
      'half a span',
      { ...good, limits: { openSpansMax: 0.5 } },
      RangeError,
      'limits.openSpansMax must be an integer from 1',
    ],
    [
      'a batch larger than the queue',
      { ...good, limits: { maxQueueSize: 10, maxExportBatchSize: 11 } },
      RangeError,
      'limits.maxExportBatchSize must be at most maxQueueSize (10), not 11',
    ],
    [
      'a queue for a processor',
      { targets: { pid: 1 }, processor, limits: { maxQueueSize: 10 } },
      TypeError,
      'limits.maxQueueSize is not for a processor',
    ],
    [
      'no time to end',
      { ...good, limits: { shutdownTimeoutMillis: 0 } },
      RangeError,
      'limits.shutdownTimeoutMillis must be an integer from 1',
    ],
    [
      'a hasty poll',
      { ...good, pollIntervalMillis: 1 },
      RangeError,
      'pollIntervalMillis must be an integer from 10',
    ],
    [
      'an unknown form of statements',
      { ...good, dbStatement: 'full' },
      RangeError,
      'dbStatement must be one of sanitized, raw, none, not "full"',
    ],
    [
      'a page that is text',
      { ...good, page: 'yes' },
      TypeError,
      'page must be true, false or an object, not "yes"',
    ],
    [
      'a page with an unknown option',
      { ...good, page: { host: '0.0.0.0' } },
      TypeError,
      'page has no host; it may have port, store, storeBytes, storeAgeMillis, spansInJaeger',
    ],
    ['a page at no port', { ...good, page: { port: 65_536 } }, RangeError, 'page.port must be an integer'],
    ['a store without a path', { ...good, page: { store: '' } }, TypeError, 'page.store must be the path'],
    ['a store without room', { ...good, page: { storeBytes: 1 } }, RangeError, 'page.storeBytes must be'],
    [
      'a Jaeger that is no URL',
      { ...good, page: { spansInJaeger: 'jaeger:16686' } },
      TypeError,
      'page.spansInJaeger must be an http:// or https:// URL',
    ],
    ['an empty name', { ...good, serviceName: '' }, TypeError, 'serviceName must be a non-empty string'],
  ])('is named by the error that the constructor throws: %s', (_, options, kind, message) => {
    const construct = () => new GoidSpanProcessor(options as GoidSpanProcessorOptions);
    expect(construct).toThrow(kind);
    expect(construct).toThrow(message);
  });
});

describe('the settings', () => {
  it('take their defaults from the standard environment', () => {
    const env = { OTEL_BSP_MAX_QUEUE_SIZE: '100', OTEL_TRACES_SAMPLER: 'always_off' };
    expect(settingsOf(good, env)).toMatchObject({
      out: { batch: { maxQueueSize: 100, maxExportBatchSize: 100, scheduledDelayMillis: 5_000 } },
      sampler: { parentBased: false, rejectBelow: 1n << 56n },
      shutdownTimeoutMs: 5_000,
      pollIntervalMs: 1_000,
    });
  });

  it('prefer what is given to the environment', () => {
    const limits = { maxQueueSize: 50, ringBytes: 1 << 20, openSpansMax: 7 };
    const env = { OTEL_BSP_MAX_QUEUE_SIZE: '100', OTEL_TRACES_SAMPLER: 'always_off' };
    expect(settingsOf({ ...good, limits, sampler: { ratio: 0.25 } }, env)).toMatchObject({
      out: { batch: { maxQueueSize: 50, maxExportBatchSize: 50 } },
      kernel: { ringBytes: 1 << 20, openSpansMax: 7 },
      sampler: { parentBased: true, rejectBelow: 3n << 54n },
    });
  });

  it('look no deeper when a route is slow, or as deep as is given or in the environment', () => {
    const env = { GOIDSPAN_RAISE: 'cpu' };
    expect(settingsOf(good, {}).raise).toBeUndefined();
    expect(settingsOf(good, env).raise).toBe('cpu');
    expect(settingsOf({ ...good, raise: 'none' }, env).raise).toBe('none');
  });

  it('have no page, or one with the usual store, or what is given of it', () => {
    expect(settingsOf(good, {}).page).toBeUndefined();
    expect(settingsOf({ ...good, page: false }, {}).page).toBeUndefined();
    const usual = { port: undefined, store: undefined, storeBytes: 2 ** 30, storeAgeMs: 86_400_000 };
    expect(settingsOf({ ...good, page: true }, {}).page).toMatchObject(usual);
    const page = { port: 0, storeAgeMillis: 60_000, spansInJaeger: 'http://jaeger:16686/' };
    expect(settingsOf({ ...good, page }, {}).page).toMatchObject({
      ...usual,
      ...{ port: 0, storeAgeMs: 60_000, spansInJaeger: 'http://jaeger:16686' },
    });
  });

  it('name no routes, or those that are given or in the environment', () => {
    const env = { GOIDSPAN_ROUTES: '/a/{b}, GET /c/*' };
    expect(settingsOf(good, {}).routes).toBeUndefined();
    expect(settingsOf(good, env).routes).toEqual(['/a/{b}', 'GET /c/*']);
    expect(settingsOf({ ...good, routes: ['/d'] }, env).routes).toEqual(['/d']);
    expect(settingsOf(good, { GOIDSPAN_ROUTES: 'a' }).routes).toBeUndefined();
  });

  it('keep all traces, or what is given or in the environment', () => {
    const env = { GOIDSPAN_KEEP: 'error,ratio=0.5' };
    expect(settingsOf(good, {}).keep).toBeUndefined();
    expect(settingsOf(good, env).keep).toEqual({ slow: false, error: true, ratio: 0.5 });
    expect(settingsOf({ ...good, keep: { slow: true } }, env).keep).toEqual({
      slow: true,
      error: false,
      ratio: 0,
    });
  });

  it('send by OTLP as the environment says when no exporter is given', () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4317', OTEL_BSP_SCHEDULE_DELAY: '100' };
    const { exporter: _, ...noExporter } = good;
    expect(settingsOf({ ...noExporter, limits: { maxQueueBytes: 1_000_000 } }, env).out).toMatchObject({
      otlp: {
        otlp: { protocol: 'grpc', url: 'http://collector:4317' },
        delivery: { queueBytesMax: 1_000_000, ageMsMax: 300_000 },
        scheduledDelayMillis: 100,
        maxQueueSize: Number.POSITIVE_INFINITY,
      },
    });
  });

  it('are those of a GoidOtlpExporter, but for what is said of the queue', () => {
    const exporter = new GoidOtlpExporter({
      url: 'http://collector:4318',
      timeoutMillis: 77,
      headers: { a: 'b' },
    });
    expect(
      settingsOf({ ...good, exporter, limits: { exportTimeoutMillis: 5, maxQueueSize: 9 } }).out,
    ).toMatchObject({
      otlp: {
        otlp: { url: 'http://collector:4318/v1/traces', headers: { a: 'b' } },
        delivery: { requestTimeoutMs: 77, ageMsMax: 5 },
        maxQueueSize: 9,
      },
    });
  });

  it('ask a function for targets every time, and check what it says', async () => {
    const answers: unknown[] = [{ pid: 1 }, [], [{ pid: -1 }]];
    const { askTargets } = settingsOf({ ...good, targets: async () => answers.shift() });
    expect(await askTargets()).toEqual([{ pid: 1 }]);
    expect(await askTargets()).toEqual([]);
    await expect(askTargets()).rejects.toThrow(RangeError);
  });
});
