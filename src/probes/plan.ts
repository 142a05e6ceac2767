/** The attach planner: a binary and the manifests → where each BPF program goes and which offsets it gets. Pure. */

import type { GoBinary, GoFunction } from '../binary/go-binary.ts';
import type { ArgumentRegister, SiteClass } from '../binary/instruction.ts';
import { GoidspanError } from '../errors.ts';
import { type GoSource, rowSources } from '../wire/wire.gen.ts';
import { ControlFlow } from './control-flow.ts';
import { type Depth, depthOf } from './depth.ts';
import { isWithin } from './families.ts';
import { type FieldPlan, fieldNames, planFields, sourcesOf } from './fields.ts';
import type { Hook, ProbeFamily, ReturnSlot, RowPart, SiteChoice, SiteGuard } from './hook.ts';
import { missingFact, type ProgramFacts, programFacts } from './program-facts.ts';
import { findRoundTripSites, type RoundTripSites } from './round-trip.ts';
import { findPlaces, type Place, type RuleContext } from './site-rules.ts';
import { untracedServerFunctions, untracedServersIn } from './untraced.ts';

/** One place to attach at: the start of a decoded instruction. */
export interface Site {
  /** Function that holds it. */
  readonly symbol: string;
  /** Link-time address; in a PIE add the load bias. */
  readonly vaddr: number;
  /** Offset in the file, as uprobes want it. */
  readonly fileOffset: number;
  /** Length of the instruction. */
  readonly bytes: number;
  /** Intel syntax; on arm64 as GNU as writes it. */
  readonly instruction: string;
  readonly class: SiteClass;
  /** Which argument register holds what the hook is about; see the hook's comment. */
  readonly arg: ArgumentRegister;
  /** Of the choice that the site comes from. */
  readonly variant: number;
  readonly guard: SiteGuard;
  readonly returnSlot: ReturnSlot;
}

/** What became of a hook: its sites, or why there are none. */
export interface HookPlan {
  readonly hook: Hook;
  /** Empty exactly if `missing` is there. */
  readonly sites: readonly Site[];
  readonly missing?: string;
  /** None of its functions is in the program, so an optional hook loses nothing. */
  readonly isUnlinked?: boolean;
}

/** Everything that attaching to processes of one binary needs. */
export interface AttachPlan extends Depth, ProgramFacts {
  /** Of the families of its level and of those before it. */
  readonly hooks: readonly HookPlan[];
  readonly fields: readonly FieldPlan[];
  /** Maps of this program are Swiss maps (Go ≥ 1.24), else bucket maps. */
  readonly hasSwissMaps: boolean;
  /** Link-time addresses of functions, returns, types and variables, by the name of their source; those that were found. */
  readonly addresses: Readonly<Record<string, number>>;
  /** Import paths of libraries by which the program serves what is not traced. */
  readonly untraced: readonly string[];
}

/** Facts about the kernel that decide between sites. */
export interface PlanOptions {
  /** The kernel turns a probed 5-byte nop into a call without harm (`hasFastNop5`). Default true. */
  readonly preferNop5?: boolean;
}

const ALL_SOURCES = sourcesOf(Object.keys(rowSources) as RowPart[]);
const roundTrip = 'net/http.(*Transport).roundTrip';
const attempt = 'net/http.(*persistConn).roundTrip';
const interfaceEqual = 'runtime.ifaceeq';
const swissMap = 'internal/runtime/maps.Map';
const skipAltProtocol = 'net/http.ErrSkipAltProtocol';
const request = 'net/http.Request';
const copyingMethods: readonly string[] = ['net/http.(*Request).WithContext', 'net/http.(*Request).Clone'];
const copyingHandlers: readonly string[] = [
  'net/http.StripPrefix.func1',
  'net/http.MaxBytesHandler.func1',
  'net/http.AllowQuerySemicolons.func1',
  'net/http.(*timeoutHandler).ServeHTTP',
];
/** What makes requests to begin with, or copies to send on. */
const requestMakers: readonly string[] = ['net/http.', 'net/http/', 'golang.org/x/net/http2.'];
/** Calls of these end a path. */
const noReturn: readonly string[] = [
  'runtime.gopanic',
  'runtime.panicIndex',
  'runtime.panicBounds',
  'runtime.panicSliceAlen',
  'runtime.panicSliceAcap',
  'runtime.panicSliceB',
  'runtime.panicdivide',
  'runtime.panicnil',
  'runtime.panicdottypeE',
  'runtime.panicdottypeI',
  'runtime.panicnildottype',
  'runtime.panicwrap',
];

/**
 * Plans the attachment of `families` to a binary, with the struct fields that they read (or those of `wantedFields`).
 * @throws GoidspanError `not_supported_binary` when a required hook or field is missing, naming it.
 */
export function planAttach(
  binary: GoBinary,
  families: readonly ProbeFamily[],
  wantedFields: readonly string[] = fieldNames(ALL_SOURCES),
  options: PlanOptions = {},
): AttachPlan {
  const planner = new Planner(binary, families, options.preferNop5 ?? true);
  const present = families
    .filter(({ need }) => need === 'required' || need === 'any')
    .filter((f) => planner.has(f));
  if (!present.some((f) => f.need === 'any')) {
    const names = families.filter((f) => f.need === 'any').map((f) => f.name);
    throw refuse(`it has none of ${names.join(', ')}`, 'it makes no spans');
  }
  // Before the hooks, so that a type which one of them asks for was found in the same pass.
  const fields = planFields(binary, wantedFields, [swissMap, request, ...typesOf(ALL_SOURCES)]);
  const hooks = families.flatMap((f) => f.hooks.map((hook) => planner.planHook(hook)));
  for (const { hook, missing } of hooks) {
    const isRequired = hook.need === 'required' && present.some((f) => f.hooks.includes(hook));
    if (isRequired && missing !== undefined) throw refuse(`hook ${hook.name}: ${missing}`, hook.without);
  }
  const needless = new Set(fieldNames(ALL_SOURCES));
  for (const field of fieldNames(sourcesOf(present.flatMap((f) => f.reads)))) needless.delete(field);
  for (const { wanted, optional, missing } of fields) {
    if (optional || missing === undefined || needless.has(wanted)) continue;
    throw refuse(`field ${wanted}: ${missing}`, 'it is needed to read spans');
  }
  const facts = programFacts(binary, families);
  const lack = (family: ProbeFamily): string | undefined =>
    lackOf(family, hooks, fields) ?? missingFact(binary, family, facts);
  const depth = depthOf(families, lack);
  const reached = families.filter((f) => isWithin(f.level, depth.level));
  return {
    ...depth,
    ...programFacts(binary, reached),
    hooks: reached.flatMap((f) => hooksOf(f, hooks, f.need === 'extra' ? lack(f) : undefined)),
    fields,
    addresses: planner.addresses(ALL_SOURCES),
    hasSwissMaps: binary.hasType(swissMap),
    untraced: planner.untraced(),
  };
}

/** Those of the family, without sites if it cannot be had. */
function hooksOf(
  family: ProbeFamily,
  hooks: readonly HookPlan[],
  lack: string | undefined,
): readonly HookPlan[] {
  const own = hooks.filter(({ hook }) => family.hooks.includes(hook));
  return lack === undefined ? own : own.map(({ hook, missing = lack }) => ({ hook, sites: [], missing }));
}

/** What is required of the family and was not found. */
function lackOf(
  family: ProbeFamily,
  hooks: readonly HookPlan[],
  fields: readonly FieldPlan[],
): string | undefined {
  const required = hooks.filter(({ hook }) => hook.need === 'required' && family.hooks.includes(hook));
  const hook = required.find(({ missing }) => missing !== undefined);
  if (hook) return `hook ${hook.hook.name}: ${hook.missing}`;
  const read = new Set(fieldNames(sourcesOf(family.reads)));
  const field = fields.find((f) => !f.optional && f.missing !== undefined && read.has(f.wanted));
  return field && `field ${field.wanted}: ${field.missing}`;
}

/** The hooks alone, found or not, of a binary that may lack what {@link planAttach} insists on. */
export function planHooks(
  binary: GoBinary,
  families: readonly ProbeFamily[],
  options: PlanOptions = {},
): HookPlan[] {
  const planner = new Planner(binary, families, options.preferNop5 ?? true);
  return families.flatMap((f) => f.hooks.map((hook) => planner.planHook(hook)));
}

function refuse(what: string, consequence: string): GoidspanError {
  return new GoidspanError(
    'not_supported_binary',
    `cannot trace the executable: ${what} (${consequence}; does the program use net/http, and is it not obfuscated?)`,
  );
}

/** Decodes each function once. */
class Planner {
  readonly #binary: GoBinary;
  readonly #functions: ReadonlyMap<string, GoFunction>;
  readonly #noReturn: ReadonlySet<number>;
  readonly #flows = new Map<string, ControlFlow>();
  readonly #preferNop5: boolean;
  #roundTripSites: RoundTripSites | string | undefined;
  #areRequestsCopied: boolean | undefined;

  constructor(binary: GoBinary, families: readonly ProbeFamily[], preferNop5: boolean) {
    this.#binary = binary;
    this.#preferNop5 = preferNop5;
    this.#functions = binary.functions([
      ...families.flatMap((f) => f.hooks.flatMap((h) => h.choices.flatMap(symbolsOf))),
      ...[roundTrip, attempt, interfaceEqual],
      ...copyingMethods,
      ...copyingHandlers,
      ...untracedServerFunctions,
      ...ALL_SOURCES.filter(({ what }) => what === 'function' || what === 'return').flatMap(functionsOf),
      ...noReturn,
    ]);
    this.#noReturn = new Set(noReturn.flatMap((name) => this.#functions.get(name)?.entry ?? []));
  }

  /** Whether the program has a function of a required hook of the family, or must have. */
  has(family: ProbeFamily): boolean {
    const required = family.hooks.filter((h) => h.need === 'required').flatMap((h) => h.choices);
    return (
      family.need === 'required' || required.some((c) => c.on.some((symbol) => this.#functions.has(symbol)))
    );
  }

  planHook(hook: Hook): HookPlan {
    if (hook.onlyIf === 'requests_are_copied' && !this.#copiesRequests()) {
      return { hook, sites: [], missing: 'the program copies no requests', isUnlinked: true };
    }
    const reasons: string[] = [];
    const all: Site[] = [];
    for (const choice of hook.choices) {
      const sites = this.#sitesOf(choice, reasons);
      if (sites && hook.sites === undefined) return { hook, sites };
      if (!sites && hook.sites === 'all') return this.#missing(hook, reasons);
      all.push(...(sites ?? []));
    }
    return all.length > 0 ? { hook, sites: all } : this.#missing(hook, reasons);
  }

  #missing(hook: Hook, reasons: readonly string[]): HookPlan {
    const names = hook.choices[0]?.on ?? [];
    return {
      hook,
      sites: [],
      missing: [...new Set(reasons)].join('; ') || `the program has no function ${names.join(' or ')}`,
      isUnlinked: reasons.length === 0,
    };
  }

  /**
   * Whether requests that are served may be copies: made by the program (inlined or not), or by a handler of net/http that
   * it links. Without a field for the pattern it does not matter.
   */
  #copiesRequests(): boolean {
    this.#areRequestsCopied ??= this.#findCopies();
    return this.#areRequestsCopied;
  }

  #findCopies(): boolean {
    if (this.#binary.fieldOffset(request, 'Pattern') === undefined) return false;
    if (copyingHandlers.some((name) => this.#functions.has(name))) return true;
    const type = this.#binary.structs([request]).get(request);
    const copiers = copyingMethods.flatMap((name) => this.#functions.get(name)?.entry ?? []);
    return this.#binary.isUsed(new Set([...copiers, ...(type === undefined ? [] : [type])]), requestMakers);
  }

  untraced(): string[] {
    return untracedServersIn(this.#functions);
  }

  /** Where the functions, returns, types and variables among the sources are, as far as the program has them. */
  addresses(sources: readonly GoSource[]): Record<string, number> {
    const found = sources.map((source): [string, number | undefined] => [
      source.name,
      this.#addressOf(source),
    ]);
    return Object.fromEntries(found.filter((entry): entry is [string, number] => entry[1] !== undefined));
  }

  #addressOf({ what, name, calls }: GoSource): number | undefined {
    switch (what) {
      case 'function':
        return name
          .split('|')
          .map((symbol) => this.#functions.get(symbol))
          .find((fn) => fn && (calls === undefined || this.#calls(fn, calls)))?.entry;
      case 'return':
        return this.#returnAddress(name, calls);
      case 'type':
        return this.#binary.structs([name]).get(name);
      case 'variable':
        return this.#variable(name);
      default:
        return undefined;
    }
  }

  /** Where the one call of `calls` in the function returns to. */
  #returnAddress(name: string, calls: string | undefined): number | undefined {
    const callee = calls === undefined ? undefined : this.#functions.get(calls)?.entry;
    const fn = this.#functions.get(name);
    if (!fn || callee === undefined) return undefined;
    const { instructions } = this.#flowOf(fn);
    const [call, ...others] = instructions.filter((i) => i.op === 'call' && i.target === callee);
    return call && others.length === 0 ? call.vaddr + call.length : undefined;
  }

  /** Variables have no names in a program: each is known by the code that uses it. */
  #variable(name: string): number | undefined {
    const sites = this.#roundTripSites;
    return name === skipAltProtocol && typeof sites === 'object' ? sites.alternate?.skipVariable : undefined;
  }

  #sitesOf(choice: SiteChoice, reasons: string[]): Site[] | undefined {
    if (choice.unless !== undefined && this.#functions.has(choice.unless)) return undefined;
    for (const symbol of choice.on) {
      const fn = this.#functions.get(symbol);
      const sites = fn && this.#sitesIn(fn, choice, reasons);
      if (sites) return sites;
    }
    return undefined;
  }

  #sitesIn(fn: GoFunction, choice: SiteChoice, reasons: string[]): Site[] | undefined {
    if (choice.calls !== undefined && !this.#calls(fn, choice.calls)) {
      reasons.push(`${fn.name}: it does not call ${choice.calls}`);
      return undefined;
    }
    const callers = choice.calledBy?.flatMap((symbol) => this.#functions.get(symbol) ?? []);
    if (callers && !callers.some((caller) => this.#calls(caller, fn.name))) {
      reasons.push(`${fn.name}: not called by ${choice.calledBy?.join(' or ')} (inlined by the compiler)`);
      return undefined;
    }
    const inlining = choice.calledByEach?.find((symbol) => {
      const caller = this.#functions.get(symbol);
      return caller && !this.#calls(caller, fn.name);
    });
    if (inlining !== undefined) {
      reasons.push(`${fn.name}: not called by ${inlining} (inlined by the compiler)`);
      return undefined;
    }
    const flow = this.#flowOf(fn);
    const context: RuleContext = {
      flow,
      callsPush: this.#binary.arch.callsPush,
      entryOf: (symbol) => this.#functions.get(symbol)?.entry,
      roundTrip: () => this.#roundTrip(),
      preferNop5: this.#preferNop5,
    };
    let costly: Place[] | undefined;
    for (const rule of choice.rules) {
      const places = findPlaces(rule, context);
      if (typeof places === 'string') {
        reasons.push(`${fn.name}: ${places}`);
        continue;
      }
      const isCheap = places.every(({ index }) => flow.instructions[index]?.class !== 'single-stepped');
      if (isCheap) return this.#sitesAt(fn, choice, places);
      costly ??= places;
    }
    return costly && this.#sitesAt(fn, choice, costly);
  }

  #sitesAt(fn: GoFunction, { variant = 0 }: SiteChoice, places: readonly Place[]): Site[] {
    const flow = this.#flowOf(fn);
    return places.flatMap(({ index, ...place }) => {
      const at = flow.instructions[index];
      const fileOffset = at && this.#binary.fileOffsetOf(at.vaddr);
      if (!at || fileOffset === undefined) return [];
      const { vaddr, length: bytes, class: siteClass } = at;
      const instruction = this.#binary.textOf(at);
      return [
        { symbol: fn.name, vaddr, fileOffset, bytes, instruction, class: siteClass, variant, ...place },
      ];
    });
  }

  #roundTrip(): RoundTripSites | string {
    this.#roundTripSites ??= this.#findRoundTrip();
    return this.#roundTripSites;
  }

  #findRoundTrip(): RoundTripSites | string {
    const fn = this.#functions.get(roundTrip);
    const callee = this.#functions.get(attempt);
    if (!fn || !callee) return `the program has no function ${fn ? attempt : roundTrip}`;
    return findRoundTripSites(this.#flowOf(fn), {
      attempt: callee.entry,
      interfaceEqual: this.#functions.get(interfaceEqual)?.entry,
    });
  }

  #calls(fn: GoFunction, symbol: string): boolean {
    const target = this.#functions.get(symbol)?.entry;
    return this.#flowOf(fn).instructions.some((i) => i.op === 'call' && i.target === target);
  }

  #flowOf(fn: GoFunction): ControlFlow {
    const known = this.#flows.get(fn.name);
    if (known) return known;
    const flow = new ControlFlow(this.#binary.instructionsOf(fn), this.#noReturn);
    this.#flows.set(fn.name, flow);
    return flow;
  }
}

/** The functions that a source names. */
function functionsOf({ name, calls }: GoSource): string[] {
  return [...name.split('|'), ...(calls === undefined ? [] : [calls])];
}

function typesOf(sources: readonly GoSource[]): string[] {
  return sources.filter(({ what }) => what === 'type').map(({ name }) => name);
}

function symbolsOf(choice: SiteChoice): string[] {
  const callees = choice.rules.flatMap((r) =>
    'of' in r
      ? [
          r.of,
          ...('after' in r ? [r.after] : []),
          ...('previous' in r ? [r.previous] : []),
          ...('next' in r ? [r.next] : []),
        ]
      : [],
  );
  const { on, calledBy = [], calledByEach = [], calls, unless } = choice;
  const conditions = [calls, unless].filter((name) => name !== undefined);
  return [...on, ...callees, ...calledBy, ...calledByEach, ...conditions];
}
