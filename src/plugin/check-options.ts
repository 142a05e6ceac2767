/**
 * Options → settings: every default filled in, every mistake a `TypeError` (wrong kind) or `RangeError` (wrong value)
 * that names the option and what it accepts.
 */
import { rejectBelowOf, type SamplerSettings, samplerOf } from '../export/sampler.ts';
import { type BatchSettings, batchSettingsOf } from '../export/settings.ts';
import type { SpanExporter } from '../export/span-sink.ts';
import type { KernelOptions } from '../kernel/kernel.ts';
import type { GoidSpanProcessorOptions, Limits, SamplerOptions, Target } from './options.ts';
import type { SpanProcessor } from './span-processor.ts';

/** The options, complete. */
export interface Settings {
  /** Throws or rejects what the user's function throws, and a `TypeError` or `RangeError` for what is no target. */
  readonly askTargets: () => Promise<readonly Target[]>;
  readonly out: { readonly exporter: SpanExporter } | { readonly processor: SpanProcessor };
  readonly sampler: SamplerSettings;
  readonly kernel: KernelOptions;
  readonly batch: BatchSettings;
  readonly shutdownTimeoutMs: number;
  readonly pollIntervalMs: number;
  readonly serviceName: string | undefined;
}

type Warn = (message: string) => void;
type Fields = Readonly<Record<string, unknown>>;

/** `pid_max` of 64-bit Linux. */
const PID_MAX = 2 ** 22;
const DAY_MS = 86_400_000;

const KNOWN = [
  ...['targets', 'exporter', 'processor', 'sampler', 'limits', 'serviceName', 'pollIntervalMillis'],
] as const satisfies readonly (keyof GoidSpanProcessorOptions)[];

/** Limit → smallest and largest value. */
const KERNEL_LIMITS = {
  ringBytes: [4096, 2 ** 30],
  openSpansMax: [1, 2 ** 24],
  inheritedMax: [1, 2 ** 26],
} as const satisfies Partial<Record<keyof Limits, readonly [number, number]>>;

const QUEUE_LIMITS = {
  maxQueueSize: [1, 2 ** 24],
  maxExportBatchSize: [1, 2 ** 24],
  scheduledDelayMillis: [1, DAY_MS],
  exportTimeoutMillis: [1, DAY_MS],
} as const satisfies Partial<Record<keyof Limits, readonly [number, number]>>;

/** @throws {TypeError | RangeError} `warn` is told of variables of the environment that cannot be used. */
export function checkOptions(
  options: GoidSpanProcessorOptions,
  env: NodeJS.ProcessEnv,
  warn: Warn,
): Settings {
  const fields = fieldsOf('options', options, KNOWN);
  const limits =
    options.limits === undefined
      ? {}
      : fieldsOf('limits', options.limits, [
          ...[...Object.keys(KERNEL_LIMITS), ...Object.keys(QUEUE_LIMITS), 'shutdownTimeoutMillis'],
        ]);
  const out = outOf(fields);
  const queue = integersOf(limits, QUEUE_LIMITS);
  const [ours] = Object.keys(queue);
  if (ours !== undefined && 'processor' in out) {
    throw new TypeError(`limits.${ours} is for an exporter: a processor has its own queue`);
  }
  const { serviceName } = fields;
  if (serviceName !== undefined && (typeof serviceName !== 'string' || serviceName === '')) {
    throw new TypeError(`serviceName must be a non-empty string, not ${shown(serviceName)}`);
  }
  return {
    askTargets: askerOf(fields['targets']),
    out,
    sampler: options.sampler === undefined ? samplerOf(env, warn) : samplerSettingsOf(options.sampler),
    kernel: kernelOptionsOf(limits),
    batch: batchOf(queue, env, warn),
    shutdownTimeoutMs: integer('limits.shutdownTimeoutMillis', limits['shutdownTimeoutMillis'] ?? 5_000, [
      1,
      DAY_MS,
    ]),
    pollIntervalMs: integer('pollIntervalMillis', fields['pollIntervalMillis'] ?? 1_000, [10, DAY_MS]),
    serviceName,
  };
}

function outOf(options: Fields): Settings['out'] {
  const { exporter, processor } = options;
  if ((exporter === undefined) === (processor === undefined)) {
    throw new TypeError('exactly one of exporter and processor is needed');
  }
  if (exporter !== undefined) {
    methodsOf('exporter', exporter, ['export', 'shutdown']);
    return { exporter: exporter as SpanExporter };
  }
  methodsOf('processor', processor, ['onStart', 'onEnd', 'forceFlush', 'shutdown']);
  return { processor: processor as SpanProcessor };
}

function methodsOf(name: string, value: unknown, methods: readonly string[]): void {
  const object = typeof value === 'object' && value !== null ? (value as Fields) : {};
  const missing = methods.find((method) => typeof object[method] !== 'function');
  if (missing !== undefined) throw new TypeError(`${name} must have the method ${missing}`);
}

function askerOf(targets: unknown): Settings['askTargets'] {
  if (typeof targets === 'function') return async () => targetsOf(await targets());
  const fixed = targetsOf(targets);
  if (fixed.length === 0) throw new RangeError('targets must name at least one target');
  return async () => fixed;
}

function targetsOf(value: unknown): readonly Target[] {
  return (Array.isArray(value) ? value : [value]).map(targetOf);
}

function targetOf(value: unknown): Target {
  if (typeof value !== 'object' || value === null) {
    throw new TypeError(
      `targets must be { pid } or { exe }, an array of these, or a function: ${shown(value)}`,
    );
  }
  const { pid, exe } = fieldsOf('targets', value, ['pid', 'exe']);
  if ((pid === undefined) === (exe === undefined)) {
    throw new TypeError('targets must have exactly one of pid and exe each');
  }
  if (exe === undefined) return { pid: integer('targets: pid', pid, [1, PID_MAX]) };
  if (typeof exe !== 'string') throw new TypeError(`targets: exe must be a string, not ${shown(exe)}`);
  if (!/^[/*]/.test(exe)) {
    throw new RangeError(`targets: exe must match whole paths, so begin with / or *: ${shown(exe)}`);
  }
  return { exe };
}

function samplerSettingsOf(sampler: SamplerOptions): SamplerSettings {
  const { ratio = 1, parentBased = true } = fieldsOf('sampler', sampler, ['ratio', 'parentBased']);
  if (typeof ratio !== 'number') throw new TypeError(`sampler.ratio must be a number, not ${shown(ratio)}`);
  if (!(ratio >= 0 && ratio <= 1)) throw new RangeError(`sampler.ratio must be from 0 to 1, not ${ratio}`);
  if (typeof parentBased !== 'boolean') {
    throw new TypeError(`sampler.parentBased must be true or false, not ${shown(parentBased)}`);
  }
  return { parentBased, rejectBelow: rejectBelowOf(ratio) };
}

function kernelOptionsOf(limits: Fields): KernelOptions {
  const kernel = integersOf(limits, KERNEL_LIMITS);
  const { ringBytes } = kernel;
  if (ringBytes !== undefined && !Number.isInteger(Math.log2(ringBytes))) {
    throw new RangeError(`limits.ringBytes must be a power of two, not ${ringBytes}`);
  }
  return kernel;
}

function batchOf(queue: Partial<BatchSettings>, env: NodeJS.ProcessEnv, warn: Warn): BatchSettings {
  const defaults = batchSettingsOf(env, warn);
  const { maxQueueSize = defaults.maxQueueSize, maxExportBatchSize } = queue;
  if (maxExportBatchSize !== undefined && maxExportBatchSize > maxQueueSize) {
    throw new RangeError(
      `limits.maxExportBatchSize must be at most maxQueueSize (${maxQueueSize}), not ${maxExportBatchSize}`,
    );
  }
  return {
    ...defaults,
    ...queue,
    maxExportBatchSize: maxExportBatchSize ?? Math.min(defaults.maxExportBatchSize, maxQueueSize),
  };
}

/** The given ones of a table of limits. */
function integersOf<Name extends string>(
  limits: Fields,
  ranges: Readonly<Record<Name, readonly [number, number]>>,
): { -readonly [N in Name]?: number } {
  const given: { -readonly [N in Name]?: number } = {};
  for (const name of Object.keys(ranges) as Name[]) {
    if (limits[name] !== undefined) given[name] = integer(`limits.${name}`, limits[name], ranges[name]);
  }
  return given;
}

function integer(name: string, value: unknown, [min, max]: readonly [number, number]): number {
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number, not ${shown(value)}`);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new RangeError(`${name} must be an integer from ${min} to ${max}, not ${value}`);
}

/** The value as an object that has no other properties than these. */
function fieldsOf(name: string, value: unknown, known: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`${name} must be an object, not ${shown(value)}`);
  }
  const other = Object.keys(value).find((key) => !known.includes(key));
  if (other !== undefined) throw new TypeError(`${name} has no ${other}; it may have ${known.join(', ')}`);
  return value as Fields;
}

function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
