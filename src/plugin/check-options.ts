/**
 * Options → settings: every default filled in, every mistake a `TypeError` (wrong kind) or `RangeError` (wrong value)
 * that names the option and what it accepts.
 */

import type { ExportEvent } from '../export/export-event.ts';
import { type KeepRules, keepVariable } from '../export/keep-rules.ts';
import { routesVariable } from '../export/route-variable.ts';
import { rejectBelowOf, type SamplerSettings, samplerOf } from '../export/sampler.ts';
import { type BatchSettings, batchSettingsOf } from '../export/settings.ts';
import { spanLimitsOf } from '../export/span-limits.ts';
import type { SpanExporter } from '../export/span-sink.ts';
import type { KernelOptions } from '../kernel/kernel-options.ts';
import { checkOtlpOptions } from '../otlp-client/options.ts';
import { type OtlpSinkSettings, otlpSinkSettingsOf } from '../otlp-client/otlp-sink-settings.ts';
import { STORE_AGE_MS, STORE_BYTES } from '../page-api/limits.ts';
import { plainUrlOf } from '../page-api/plain-url.ts';
import { isLevel, LEVELS, type ProbeLevel } from '../probes/hook.ts';
import { levelVariable } from '../probes/level-variable.ts';
import { isRaise, RAISES, type Raise, raiseVariable } from '../probes/raise.ts';
import { isSdkMode, SDK_MODES, type SdkMode, sdkVariable } from '../probes/sdk-mode.ts';
import { ROUTE_PATTERN_FORM, routePatternsFault } from '../span/route-pattern.ts';
import { isStatementForm, type StatementForm, statementForms } from '../span/statement-form.ts';
import { isWaitForm, type WaitForm, waitForms } from '../span/wait-form.ts';
import { DEFAULT_BUDGET, PROFILE_HZ_MAX } from '../tracer/api.ts';
import { DAY_MS, integer, share, shown, trueOrFalse } from './check-values.ts';
import type { PageSettings } from './embedded-page.ts';
import { type GoidOtlpExporter, OTLP_SINK_SETTINGS } from './goid-otlp-exporter.ts';
import type {
  GoidSpanProcessorOptions,
  KeepOptions,
  Limits,
  PageOptions,
  SamplerOptions,
  Target,
} from './options.ts';
import type { SpanProcessor } from './span-processor.ts';

/** The options, complete. */
export interface Settings {
  /** Throws or rejects what the user's function throws, and a `TypeError` or `RangeError` for what is no target. */
  readonly askTargets: () => Promise<readonly Target[]>;
  readonly out: ExportChoice;
  readonly sampler: SamplerSettings;
  readonly kernel: KernelOptions;
  readonly stats: ((event: ExportEvent) => void) | undefined;
  readonly shutdownTimeoutMs: number;
  readonly pollIntervalMs: number;
  readonly serviceName: string | undefined;
  readonly level: ProbeLevel | undefined;
  readonly raise: Raise | undefined;
  readonly waits: WaitForm | undefined;
  readonly waitMinMillis: number | undefined;
  readonly slowMillis: number | undefined;
  readonly routes: readonly string[] | undefined;
  readonly profileHz: number | undefined;
  readonly budget: number | undefined;
  readonly keep: KeepRules | undefined;
  readonly sdk: SdkMode | undefined;
  readonly telemetryExports: boolean;
  readonly dbStatement: StatementForm | undefined;
  readonly grpcHealth: boolean;
  /** Undefined: none. */
  readonly page: PageSettings | undefined;
}

/** Where spans go: an injected exporter behind our queue, an injected processor, or our own way by OTLP. */
export type ExportChoice =
  | { readonly exporter: SpanExporter; readonly batch: BatchSettings }
  | { readonly processor: SpanProcessor }
  | { readonly otlp: OtlpSinkSettings };

type Warn = (message: string) => void;
type Fields = Readonly<Record<string, unknown>>;

/** `pid_max` of 64-bit Linux. */
const PID_MAX = 2 ** 22;
const PAGE = [
  'port',
  'store',
  'storeBytes',
  'storeAgeMillis',
  'spansInJaeger',
] as const satisfies readonly (keyof PageOptions)[];
const PORT_MAX = 65_535;
const STORE_BYTES_MIN = 2 ** 20;

const KNOWN = [
  ...['targets', 'exporter', 'processor', 'otlp', 'stats', 'sampler', 'limits', 'serviceName'],
  ...[
    'level',
    'raise',
    'waits',
    'waitMinMillis',
    'slowMillis',
    'profileHz',
    'budget',
    'keep',
    'sdk',
    'telemetryExports',
    'dbStatement',
    'grpcHealth',
    'routes',
    'page',
  ],
  'pollIntervalMillis',
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
  maxQueueBytes: [1, 2 ** 40],
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
  const out = outOf(fields, integersOf(limits, QUEUE_LIMITS), env, warn);
  const { stats } = options;
  if (stats !== undefined && typeof stats !== 'function') {
    throw new TypeError(`stats must be a function, not ${shown(stats)}`);
  }
  const { serviceName } = fields;
  if (serviceName !== undefined && (typeof serviceName !== 'string' || serviceName === '')) {
    throw new TypeError(`serviceName must be a non-empty string, not ${shown(serviceName)}`);
  }
  const { level, raise, waits, sdk, telemetryExports, dbStatement } = fields;
  if (level !== undefined && !isLevel(level)) {
    throw new RangeError(`level must be one of ${LEVELS.join(', ')}, not ${shown(level)}`);
  }
  if (raise !== undefined && !isRaise(raise)) {
    throw new RangeError(`raise must be one of ${RAISES.join(', ')}, not ${shown(raise)}`);
  }
  if (sdk !== undefined && !isSdkMode(sdk)) {
    throw new RangeError(`sdk must be one of ${SDK_MODES.join(', ')}, not ${shown(sdk)}`);
  }
  if (waits !== undefined && !isWaitForm(waits)) {
    throw new RangeError(`waits must be one of ${waitForms.join(', ')}, not ${shown(waits)}`);
  }
  if (dbStatement !== undefined && !isStatementForm(dbStatement)) {
    throw new RangeError(
      `dbStatement must be one of ${statementForms.join(', ')}, not ${shown(dbStatement)}`,
    );
  }
  return {
    askTargets: askerOf(fields['targets']),
    out,
    sampler: options.sampler === undefined ? samplerOf(env, warn) : samplerSettingsOf(options.sampler),
    kernel: kernelOptionsOf(limits),
    stats,
    shutdownTimeoutMs: integer('limits.shutdownTimeoutMillis', limits['shutdownTimeoutMillis'] ?? 5_000, [
      1,
      DAY_MS,
    ]),
    pollIntervalMs: integer('pollIntervalMillis', fields['pollIntervalMillis'] ?? 1_000, [10, DAY_MS]),
    serviceName,
    level: level ?? levelVariable(env, warn),
    raise: raise ?? raiseVariable(env, warn),
    waits,
    waitMinMillis: millis('waitMinMillis', fields['waitMinMillis']),
    slowMillis: millis('slowMillis', fields['slowMillis']),
    routes: fields['routes'] === undefined ? routesVariable(env, warn) : routesOf(fields['routes']),
    profileHz: profileHzOf(fields['profileHz']),
    budget: budgetOf(fields['budget']),
    keep: options.keep === undefined ? keepVariable(env, warn) : keepRulesOf(options.keep),
    sdk: sdk ?? sdkVariable(env, warn),
    telemetryExports: trueOrFalse('telemetryExports', telemetryExports ?? false),
    dbStatement,
    grpcHealth: trueOrFalse('grpcHealth', fields['grpcHealth'] ?? false),
    page: pageOf(fields['page'] ?? false, env, warn),
  };
}

function pageOf(value: unknown, env: NodeJS.ProcessEnv, warn: Warn): PageSettings | undefined {
  if (value === false) return undefined;
  if (value !== true && (typeof value !== 'object' || value === null)) {
    throw new TypeError(`page must be true, false or an object, not ${shown(value)}`);
  }
  const given = value === true ? {} : fieldsOf('page', value, PAGE);
  const { port, store, storeBytes = STORE_BYTES, storeAgeMillis = STORE_AGE_MS, spansInJaeger } = given;
  if (store !== undefined && (typeof store !== 'string' || store === '')) {
    throw new TypeError(`page.store must be the path of a folder, not ${shown(store)}`);
  }
  return {
    port: port === undefined ? undefined : integer('page.port', port, [0, PORT_MAX]),
    store,
    storeBytes: integer('page.storeBytes', storeBytes, [STORE_BYTES_MIN, 2 ** 50]),
    storeAgeMs: integer('page.storeAgeMillis', storeAgeMillis, [60_000, Number.MAX_SAFE_INTEGER]),
    spansInJaeger: spansInJaeger === undefined ? undefined : jaegerUrlOf(spansInJaeger),
    limits: spanLimitsOf(env, warn),
  };
}

function jaegerUrlOf(value: unknown): string {
  const url = typeof value === 'string' ? plainUrlOf(value) : undefined;
  if (url !== undefined) return url;
  throw new TypeError(
    `page.spansInJaeger must be an http:// or https:// URL without user, query and fragment, not ${shown(value)}`,
  );
}

function routesOf(value: unknown): readonly string[] {
  if (!Array.isArray(value) || value.some((route) => typeof route !== 'string')) {
    throw new TypeError(`routes must be an array of strings, not ${shown(value)}`);
  }
  const routes: readonly string[] = [...value];
  const fault = routePatternsFault(routes);
  if (fault === undefined) return routes;
  throw new RangeError(`routes must be patterns, each ${ROUTE_PATTERN_FORM}; ${fault}`);
}

function budgetOf(value: unknown): number | undefined {
  if (value === undefined) return DEFAULT_BUDGET;
  if (value === 'none') return undefined;
  if (typeof value === 'number' && value > 0 && value <= 1) return value;
  throw new RangeError(`budget must be a number above 0 and up to 1, or 'none', not ${shown(value)}`);
}

function profileHzOf(value: unknown): number | undefined {
  if (value === undefined || (typeof value === 'number' && value > 0 && value <= PROFILE_HZ_MAX))
    return value;
  throw new RangeError(`profileHz must be a number above 0 and up to ${PROFILE_HZ_MAX}, not ${shown(value)}`);
}

function millis(name: string, value: unknown): number | undefined {
  if (value === undefined || (typeof value === 'number' && value > 0)) return value;
  throw new RangeError(`${name} must be a number above 0, not ${shown(value)}`);
}

type QueueLimits = ReturnType<typeof integersOf<keyof typeof QUEUE_LIMITS>>;

function outOf(fields: Fields, queue: QueueLimits, env: NodeJS.ProcessEnv, warn: Warn): ExportChoice {
  const [first, second] = ['exporter', 'processor', 'otlp'].filter((name) => fields[name] !== undefined);
  if (second !== undefined)
    throw new TypeError(`at most one of exporter, processor and otlp: not ${first} and ${second}`);
  const { exporter, processor, otlp = {} } = fields;
  const [ours] = Object.keys(queue);
  if (processor !== undefined) {
    methodsOf('processor', processor, ['onStart', 'onEnd', 'forceFlush', 'shutdown']);
    if (ours === undefined) return { processor: processor as SpanProcessor };
    throw new TypeError(`limits.${ours} is not for a processor: it has its own queue`);
  }
  const { maxQueueBytes, ...batch } = queue;
  checkBatch(batch);
  if (exporter === undefined)
    return { otlp: otlpSinkSettingsOf('otlp', { ...queue, otlp: checkOtlpOptions(otlp) }, env, warn) };
  methodsOf('exporter', exporter, ['export', 'shutdown']);
  const settings = (exporter as Partial<GoidOtlpExporter>)[OTLP_SINK_SETTINGS];
  if (settings !== undefined) return { otlp: withQueue(settings, queue) };
  if (maxQueueBytes !== undefined)
    throw new TypeError('limits.maxQueueBytes is for OTLP by goidspan: use maxQueueSize');
  return { exporter: exporter as SpanExporter, batch: batchSettingsOf(env, warn, undefined, batch) };
}

/** What is said of the queue here goes before what the exporter took from its own options. */
function withQueue(settings: OtlpSinkSettings, queue: QueueLimits): OtlpSinkSettings {
  const { maxQueueBytes, exportTimeoutMillis, ...batch } = queue;
  const { delivery } = settings;
  return {
    ...settings,
    ...batch,
    delivery: {
      ...delivery,
      queueBytesMax: maxQueueBytes ?? delivery.queueBytesMax,
      ageMsMax: exportTimeoutMillis ?? delivery.ageMsMax,
    },
  };
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
  return {
    parentBased: trueOrFalse('sampler.parentBased', parentBased),
    rejectBelow: rejectBelowOf(share('sampler.ratio', ratio)),
  };
}

function keepRulesOf(keep: KeepOptions): KeepRules {
  const given = fieldsOf('keep', keep, ['slow', 'error', 'ratio']);
  if (Object.values(given).every((value) => value === undefined)) {
    throw new RangeError('keep must have at least one of slow, error and ratio');
  }
  const { slow = false, error = false, ratio = 0 } = given;
  return {
    slow: trueOrFalse('keep.slow', slow),
    error: trueOrFalse('keep.error', error),
    ratio: share('keep.ratio', ratio),
  };
}

function kernelOptionsOf(limits: Fields): KernelOptions {
  const kernel = integersOf(limits, KERNEL_LIMITS);
  const { ringBytes } = kernel;
  if (ringBytes !== undefined && !Number.isInteger(Math.log2(ringBytes))) {
    throw new RangeError(`limits.ringBytes must be a power of two, not ${ringBytes}`);
  }
  return kernel;
}

function checkBatch({ maxExportBatchSize, maxQueueSize }: Partial<BatchSettings>): void {
  if (maxExportBatchSize === undefined || maxQueueSize === undefined || maxExportBatchSize <= maxQueueSize)
    return;
  throw new RangeError(
    `limits.maxExportBatchSize must be at most maxQueueSize (${maxQueueSize}), not ${maxExportBatchSize}`,
  );
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

/** The value as an object that has no other properties than these. */
function fieldsOf(name: string, value: unknown, known: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`${name} must be an object, not ${shown(value)}`);
  }
  const other = Object.keys(value).find((key) => !known.includes(key));
  if (other !== undefined) throw new TypeError(`${name} has no ${other}; it may have ${known.join(', ')}`);
  return value as Fields;
}
