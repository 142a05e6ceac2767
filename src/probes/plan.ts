/** The attach planner: a binary and the manifests → where each BPF program goes and which offsets it gets. Pure. */

import type { GoBinary } from '../binary/go-binary.ts';
import { GoidspanError } from '../errors.ts';
import { rowSources } from '../wire/wire.gen.ts';
import { addressesOf, functionsOfSources, typesOfSources } from './addresses.ts';
import { type Depth, depthOf } from './depth.ts';
import { isWithin } from './families.ts';
import { type FieldPlan, fieldNames, planFields, sourcesOf } from './fields.ts';
import type { ProbeFamily, RowPart } from './hook.ts';
import { functionsOfHooks, HookPlanner } from './hook-planner.ts';
import { ProgramCode } from './program-code.ts';
import { factsFor, missingFact, type ProgramFacts, programFacts } from './program-facts.ts';
import { copyingFunctions, REQUEST } from './request-copies.ts';
import { PROCESSOR, type RuntimeVariables, runtimeVariables } from './runtime-variables.ts';
import type { HookPlan } from './site.ts';
import { untracedServerFunctions, untracedServersIn } from './untraced.ts';

/** Everything that attaching to processes of one binary needs. */
export interface AttachPlan extends Depth, ProgramFacts {
  /** Of the families of its level and of those before it. */
  readonly hooks: readonly HookPlan[];
  readonly fields: readonly FieldPlan[];
  /** Maps of this program are Swiss maps (Go ≥ 1.24), else bucket maps. */
  readonly hasSwissMaps: boolean;
  /** Link-time addresses of functions, returns, types and variables, by the keys of their sources (`addressKey`); those that were found. */
  readonly addresses: Readonly<Record<string, number>>;
  /** Where the runtime keeps what it says of itself. */
  readonly runtime: RuntimeVariables;
  /** Import paths of libraries by which the program serves what is not traced. */
  readonly untraced: readonly string[];
}

/** Facts about the kernel that decide between sites. */
export interface PlanOptions {
  /** The kernel turns a probed 5-byte nop into a call without harm (`hasFastNop5`). Default true. */
  readonly preferNop5?: boolean;
}

const ALL_SOURCES = sourcesOf(Object.keys(rowSources) as RowPart[]);
const swissMap = 'internal/runtime/maps.Map';

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
  const { code, planner } = planningOf(binary, families, options);
  const linked = families
    .filter(({ need }) => need === 'required' || makesSpans(need))
    .filter((f) => has(code, f));
  // Before the hooks, so that a type which one of them asks for was found in the same pass.
  const fields = planFields(binary, wantedFields, [
    swissMap,
    REQUEST,
    PROCESSOR,
    ...typesOfSources(ALL_SOURCES),
  ]);
  const hooks = families.flatMap((f) => f.hooks.map((hook) => planner.plan(hook)));
  /** Of each library that is linked, why its calls cannot be seen. */
  const broken = new Map(
    linked
      .filter(({ need }) => need === 'library')
      .map((f) => [f, unused(code, f) ?? lackOf(f, hooks, fields)]),
  );
  const present = linked.filter((f) => broken.get(f) === undefined);
  if (!present.some(({ need }) => makesSpans(need))) {
    const names = families.filter(({ need }) => makesSpans(need)).map((f) => f.name);
    const lacks = [...broken.values()].filter((lack) => lack !== undefined);
    throw refuse(lacks.join('; ') || `it has none of ${names.join(', ')}`, 'it makes no spans');
  }
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
    broken.get(family) ?? lackOf(family, hooks, fields) ?? missingFact(binary, family, facts);
  const depth = depthOf(families, lack);
  const reached = families.filter((f) => isWithin(f.level, depth.level));
  return {
    ...depth,
    ...factsFor(reached, facts),
    hooks: reached.flatMap((f) => {
      const plans = hooksOf(f, hooks, mayLack(f.need) ? lack(f) : undefined);
      // What a library uses may be there without it.
      const isUnlinked = mayLack(f.need) && !has(code, f);
      return isUnlinked ? plans.map((plan) => ({ ...plan, isUnlinked })) : plans;
    }),
    fields,
    addresses: addressesOf(code, ALL_SOURCES, planner.roundTripSites),
    hasSwissMaps: binary.hasType(swissMap),
    runtime: runtimeVariables(binary),
    untraced: untracedServersIn(code.functions),
  };
}

/** Whether a program must have one family of this kind at least. */
const makesSpans = (need: ProbeFamily['need']): boolean => need === 'any' || need === 'library';

/** Whether a program is traced without a family of this kind of which something is missing. */
const mayLack = (need: ProbeFamily['need']): boolean => need === 'extra' || need === 'library';

/** Those of the family, without sites if it cannot be had. */
function hooksOf(
  family: ProbeFamily,
  hooks: readonly HookPlan[],
  lack: string | undefined,
): readonly HookPlan[] {
  const own = hooks.filter(({ hook }) => family.hooks.includes(hook));
  return lack === undefined ? own : own.map(({ hook, missing = lack }) => ({ hook, sites: [], missing }));
}

/** Why the family is not looked for in a program that has it. */
function unused({ binary, functions }: ProgramCode, { onlyIf }: ProbeFamily): string | undefined {
  if (onlyIf === undefined || !functions.has(onlyIf.user)) return undefined;
  const entries = onlyIf.functions.flatMap((name) => functions.get(name)?.entry ?? []);
  return entries.length > 0 && binary.isUsed(new Set(entries), onlyIf.except) ? undefined : onlyIf.otherwise;
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
  const { planner } = planningOf(binary, families, options);
  return families.flatMap((f) => f.hooks.map((hook) => planner.plan(hook)));
}

/** The code of the program, and who finds hooks in it. */
function planningOf(
  binary: GoBinary,
  families: readonly ProbeFamily[],
  { preferNop5 = true }: PlanOptions,
): { readonly code: ProgramCode; readonly planner: HookPlanner } {
  const code = new ProgramCode(binary, [
    ...functionsOfHooks(families),
    ...copyingFunctions,
    ...untracedServerFunctions,
    ...functionsOfSources(ALL_SOURCES),
  ]);
  return { code, planner: new HookPlanner(code, preferNop5) };
}

/** Whether the program has a function of a required hook of the family, or must have. */
function has({ functions }: ProgramCode, family: ProbeFamily): boolean {
  const required = family.hooks.filter((h) => h.need === 'required').flatMap((h) => h.choices);
  return family.need === 'required' || required.some((c) => c.on.some((symbol) => functions.has(symbol)));
}

function refuse(what: string, consequence: string): GoidspanError {
  return new GoidspanError(
    'not_supported_binary',
    `cannot trace the executable: ${what} (${consequence}; does the program use net/http, and is it not obfuscated?)`,
  );
}
