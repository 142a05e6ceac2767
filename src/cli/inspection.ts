/** What goidspan would do to a program, as data: the JSON of `goidspan inspect`. Pure over the binary. */

import { planProgram } from '../attach/plan-program.ts';
import type { GoBinary } from '../binary/go-binary.ts';
import type { SiteClass } from '../binary/instruction.ts';
import { GoidspanError } from '../errors.ts';
import type { Depth } from '../probes/depth.ts';
import { families, isWithin } from '../probes/families.ts';
import { type CostNs, costOf, costTimes, HITS_PER_PLAIN_REQUEST, sumOf } from '../probes/hit-cost.ts';
import { DEFAULT_LEVEL, LEVELS, type ProbeFamily, type ProbeLevel } from '../probes/hook.ts';
import { type AttachPlan, planHooks } from '../probes/plan.ts';
import { sdk } from '../probes/sdk.ts';
import type { HookPlan, Site } from '../probes/site.ts';

/** Why a program cannot be traced; the code is one of the README's. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
}

export interface InspectedSite {
  readonly symbol: string;
  /** Link-time address in hex; in a process of a PIE add `loadBias`. */
  readonly address: string;
  readonly fileOffset: number;
  /** Intel syntax; on arm64 as GNU as writes it. */
  readonly instruction: string;
  readonly class: SiteClass;
  /** Null on an architecture for which it was not measured. */
  readonly costNs: CostNs | null;
}

export interface InspectedHook {
  readonly hook: string;
  readonly family: string;
  readonly level: ProbeLevel;
  readonly need: 'required' | 'optional';
  readonly found: boolean;
  readonly sites: readonly InspectedSite[];
  /** A mean: not always a whole number. */
  readonly hitsPerPlainRequest: number;
  /** Why it is not found. */
  readonly missing: string | null;
  /** What is lost without it. */
  readonly without: string;
}

/** OpenTelemetry's own instrumentation in the program. */
export interface OpenTelemetryPresence {
  /** `go.opentelemetry.io/otel` is among the dependencies, or a function of it is linked. */
  readonly api: boolean;
  /** A function of its SDK is linked: the program may make spans itself. */
  readonly sdk: boolean;
  /** The bridge is linked whose spans have ids only if another tool writes these into the process: they are none of ours. */
  readonly autoSdk: boolean;
  readonly foundIn: readonly ('build_info' | 'functions')[];
  /** Of the SDK, as the build info has it. */
  readonly sdkVersion: string | null;
  /** Its spans are the context of ours, unless that is not wanted (`sdk`). */
  readonly joined: boolean;
  /** Module paths of what makes spans of a library's operations, as far as the build info names them. */
  readonly instrumentations: readonly string[];
}

export interface ProgramFacts {
  readonly goVersion: string | null;
  readonly goVersionFoundIn: 'build_info' | null;
  readonly modulePath: string | null;
  readonly mainPackage: string | null;
  /** As `go version -m` prints them, e.g. `CGO_ENABLED`. */
  readonly buildSettings: Readonly<Record<string, string>>;
  readonly buildId: string | null;
  readonly architecture: string;
  readonly stripped: boolean;
  readonly pie: boolean;
  readonly cgo: boolean;
  readonly openTelemetry: OpenTelemetryPresence;
  readonly hooks: readonly InspectedHook[];
  /** That of the default level. */
  readonly plainRequest: PlainRequest | null;
  /** From the first to the deepest; each has what those before it have. */
  readonly levels: readonly InspectedLevel[];
  /** Whether a Go package for io_uring is linked, whose waits the runtime does not know as such of the network. */
  readonly ioUring: boolean;
}

/** What one plain keep-alive request costs in hits, without the time in the probes' own programs. */
export interface PlainRequest {
  /** A mean: not always a whole number. */
  readonly hits: number;
  readonly costNs: CostNs | null;
}

export interface InspectedLevel {
  readonly level: ProbeLevel;
  /** Why the program cannot be looked at that deep; null if it can. */
  readonly missing: string | null;
  /** Null without a server, and if it cannot be looked at that deep. */
  readonly plainRequest: PlainRequest | null;
}

/** Names are stable; more may be added under the same `formatVersion`. */
export interface Inspection {
  readonly formatVersion: 1;
  readonly path: string;
  readonly pid: number | null;
  /** Of the process; 0 unless the program is position-independent. Null without a process. */
  readonly loadBias: number | null;
  readonly traceable: boolean;
  readonly refusal: Refusal | null;
  /** Null for a file that is no readable Go program. */
  readonly program: ProgramFacts | null;
}

/** @param hasFastNop5  the kernel turns a probed 5-byte nop into a call without harm (Linux ≥ 7.1) */
export function inspectProgram(
  binary: GoBinary,
  hasFastNop5: boolean,
): { program: ProgramFacts; refusal: GoidspanError | undefined } {
  let refusal: GoidspanError | undefined;
  let plans: readonly HookPlan[];
  let depth: Depth = { level: LEVELS.at(-1) ?? DEFAULT_LEVEL };
  try {
    const plan = planProgram(binary, { level: depth.level, preferNop5: hasFastNop5 });
    plans = [...plan.hooks, ...unreachedHooks(plan)];
    depth = plan;
  } catch (error) {
    if (!(error instanceof GoidspanError)) throw error;
    refusal = error;
    plans = planHooks(binary, families, { preferNop5: hasFastNop5 });
  }
  const costs: CostOfSite = ({ class: siteClass }) =>
    binary.arch.name === 'amd64' ? costOf(siteClass, hasFastNop5) : null;
  const hooks = families.flatMap((family) =>
    plans.filter((plan) => family.hooks.includes(plan.hook)).map((plan) => inspectHook(plan, family, costs)),
  );
  const levels = LEVELS.map((level) => inspectLevel(level, hooks, depth));
  const plainRequest = levels.find(({ level }) => level === DEFAULT_LEVEL)?.plainRequest ?? null;
  return { refusal, program: { ...factsOf(binary, hooks), hooks, plainRequest, levels } };
}

/** Those of levels that the program does not have. */
function unreachedHooks({ level, notDeeper: missing = '' }: AttachPlan): HookPlan[] {
  const unreached = families.filter((family) => !isWithin(family.level, level));
  return unreached.flatMap((family) => family.hooks.map((hook) => ({ hook, sites: [], missing })));
}

function factsOf(
  binary: GoBinary,
  hooks: readonly InspectedHook[],
): Omit<ProgramFacts, 'hooks' | 'plainRequest' | 'levels'> {
  const { buildInfo } = binary;
  return {
    goVersion: binary.goVersion ?? null,
    goVersionFoundIn: binary.goVersion === undefined ? null : 'build_info',
    modulePath: binary.modulePath ?? null,
    mainPackage: buildInfo?.mainPackage ?? null,
    buildSettings: Object.fromEntries(buildInfo?.settings ?? []),
    buildId: binary.buildId ?? null,
    architecture: binary.arch.name,
    stripped: binary.isStripped,
    pie: binary.isPie,
    cgo: binary.isCgo,
    openTelemetry: openTelemetryOf(binary, hooks),
    ioUring: binary.hasFunctionLike(IO_URING_PACKAGES),
  };
}

/** In the import paths of the packages that there are. */
const IO_URING_PACKAGES = ['iouring', 'io_uring', 'go-uring', '/uring.'];

/** Functions that a program cannot use OpenTelemetry without, in any of its 1.x releases. */
const API_FUNCTIONS = ['go.opentelemetry.io/otel.GetTracerProvider', 'go.opentelemetry.io/otel.Tracer'];
const SDK_FUNCTIONS = [
  'go.opentelemetry.io/otel/sdk/trace.NewTracerProvider',
  'go.opentelemetry.io/otel/sdk/trace.(*tracer).Start',
];
/** By which `auto/sdk` asks another tool for ids; the API has it linked from 1.33 on. */
const AUTO_SDK_FUNCTION = 'go.opentelemetry.io/auto/sdk.(*tracer).start';

function openTelemetryOf(binary: GoBinary, hooks: readonly InspectedHook[]): OpenTelemetryPresence {
  const dependencies = binary.buildInfo?.dependencies ?? new Map<string, string>();
  const linked = binary.functions([...API_FUNCTIONS, ...SDK_FUNCTIONS, AUTO_SDK_FUNCTION]);
  const declared = dependencies.has('go.opentelemetry.io/otel');
  return {
    api: declared || linked.size > 0,
    sdk: SDK_FUNCTIONS.some((name) => linked.has(name)),
    autoSdk: linked.has(AUTO_SDK_FUNCTION),
    foundIn: [
      ...(declared ? ['build_info' as const] : []),
      ...(linked.size > 0 ? ['functions' as const] : []),
    ],
    sdkVersion: dependencies.get('go.opentelemetry.io/otel/sdk') ?? null,
    joined: hooks.some(({ family, found }) => family === sdk.name && found),
    instrumentations: [...dependencies.keys()].filter((path) => INSTRUMENTATION.test(path)).sort(),
  };
}

/** Those of OpenTelemetry's own contrib repository, and others that are named as they are. */
const INSTRUMENTATION =
  /\/instrumentation\/|\/(otel(chi|echo|fiber|gin|gorm|mongo|mux|pgx|sarama|sql)|redisotel)(\/v\d+)?$/;

type CostOfSite = (site: Site) => CostNs | null;

function inspectHook(plan: HookPlan, family: ProbeFamily, costs: CostOfSite): InspectedHook {
  const { hook, sites, missing } = plan;
  return {
    hook: hook.name,
    family: family.name,
    level: family.level,
    need: hook.need,
    found: sites.length > 0,
    sites: sites.map((site) => inspectSite(site, costs)),
    hitsPerPlainRequest: sites.length > 0 ? (HITS_PER_PLAIN_REQUEST[hook.name] ?? 0) : 0,
    missing: missing ?? null,
    without: hook.without,
  };
}

function inspectSite(site: Site, costs: CostOfSite): InspectedSite {
  return {
    symbol: site.symbol,
    address: `0x${site.vaddr.toString(16)}`,
    fileOffset: site.fileOffset,
    instruction: site.instruction,
    class: site.class,
    costNs: costs(site),
  };
}

function inspectLevel(level: ProbeLevel, hooks: readonly InspectedHook[], depth: Depth): InspectedLevel {
  if (!isWithin(level, depth.level)) return { level, missing: depth.notDeeper ?? null, plainRequest: null };
  const within = hooks.filter((hook) => isWithin(hook.level, level));
  return { level, missing: null, plainRequest: plainRequestOf(within) };
}

/** A hook with several sites is hit at one of them; all have the same class or the dearest counts. */
function plainRequestOf(hooks: readonly InspectedHook[]): PlainRequest | null {
  if (!hooks.some((hook) => hook.hook === 'http_server_start' && hook.found)) return null;
  const hit = hooks.filter((hook) => hook.hitsPerPlainRequest > 0);
  const hits = hit.reduce((sum, hook) => sum + hook.hitsPerPlainRequest, 0);
  const costs = hit.flatMap(({ sites, hitsPerPlainRequest }) => {
    const dearest = sites.flatMap((site) => site.costNs ?? []).sort((a, b) => b.max - a.max)[0];
    return dearest ? [costTimes(dearest, hitsPerPlainRequest)] : [];
  });
  return { hits, costNs: costs.length === hit.length ? sumOf(costs) : null };
}
