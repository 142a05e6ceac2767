/** From a hook to its sites in a program: the first choice that fits, and in it the first rule that finds a place. */

import type { GoFunction } from '../binary/go-binary.ts';
import type { Hook, ProbeFamily, SiteChoice } from './hook.ts';
import type { ProgramCode } from './program-code.ts';
import { copiesRequests } from './request-copies.ts';
import { findRoundTripSites, type RoundTripSites } from './round-trip.ts';
import type { HookPlan, Site } from './site.ts';
import { findPlaces, type Place, type RuleContext } from './site-rules.ts';

const roundTrip = 'net/http.(*Transport).roundTrip';
const attempt = 'net/http.(*persistConn).roundTrip';
const interfaceEqual = 'runtime.ifaceeq';

/** The functions that must be looked up to plan the hooks of families. */
export function functionsOfHooks(families: readonly ProbeFamily[]): string[] {
  const choices = families.flatMap((f) => f.hooks.flatMap((h) => h.choices));
  const uses = families.flatMap(({ onlyIf }) => (onlyIf ? [onlyIf.user, ...onlyIf.functions] : []));
  return [...choices.flatMap(symbolsOf), ...uses, roundTrip, attempt, interfaceEqual];
}

export class HookPlanner {
  readonly #code: ProgramCode;
  readonly #preferNop5: boolean;
  #roundTripSites: RoundTripSites | string | undefined;
  #areRequestsCopied: boolean | undefined;

  constructor(code: ProgramCode, preferNop5: boolean) {
    this.#code = code;
    this.#preferNop5 = preferNop5;
  }

  /** What is known of `net/http.(*Transport).roundTrip`, if a hook has asked for it. */
  get roundTripSites(): RoundTripSites | undefined {
    return typeof this.#roundTripSites === 'object' ? this.#roundTripSites : undefined;
  }

  plan(hook: Hook): HookPlan {
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

  #copiesRequests(): boolean {
    this.#areRequestsCopied ??= copiesRequests(this.#code);
    return this.#areRequestsCopied;
  }

  #sitesOf(choice: SiteChoice, reasons: string[]): Site[] | undefined {
    if (choice.unless !== undefined && this.#code.functions.has(choice.unless)) return undefined;
    for (const symbol of choice.on) {
      const fn = this.#code.functions.get(symbol);
      const sites = fn && this.#sitesIn(fn, choice, reasons);
      if (sites) return sites;
    }
    return undefined;
  }

  #sitesIn(fn: GoFunction, choice: SiteChoice, reasons: string[]): Site[] | undefined {
    if (choice.calls !== undefined && !this.#code.calls(fn, choice.calls)) {
      reasons.push(`${fn.name}: it does not call ${choice.calls}`);
      return undefined;
    }
    const callers = choice.calledBy?.flatMap((symbol) => this.#code.functions.get(symbol) ?? []);
    if (callers && !callers.some((caller) => this.#code.calls(caller, fn.name))) {
      reasons.push(`${fn.name}: not called by ${choice.calledBy?.join(' or ')} (inlined by the compiler)`);
      return undefined;
    }
    const inlining = choice.calledByEach?.find((symbol) => {
      const caller = this.#code.functions.get(symbol);
      return caller && !this.#code.calls(caller, fn.name);
    });
    if (inlining !== undefined) {
      reasons.push(`${fn.name}: not called by ${inlining} (inlined by the compiler)`);
      return undefined;
    }
    const flow = this.#code.flowOf(fn);
    const context: RuleContext = {
      flow,
      callsPush: this.#code.binary.arch.callsPush,
      entryOf: (symbol) => this.#code.functions.get(symbol)?.entry,
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
    const flow = this.#code.flowOf(fn);
    return places.flatMap(({ index, ...place }) => {
      const at = flow.instructions[index];
      const fileOffset = at && this.#code.binary.fileOffsetOf(at.vaddr);
      if (!at || fileOffset === undefined) return [];
      const { vaddr, length: bytes, class: siteClass } = at;
      const instruction = this.#code.binary.textOf(at);
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
    const fn = this.#code.functions.get(roundTrip);
    const callee = this.#code.functions.get(attempt);
    if (!fn || !callee) return `the program has no function ${fn ? attempt : roundTrip}`;
    return findRoundTripSites(this.#code.flowOf(fn), {
      attempt: callee.entry,
      interfaceEqual: this.#code.functions.get(interfaceEqual)?.entry,
    });
  }
}

function symbolsOf(choice: SiteChoice): string[] {
  const callees = choice.rules.flatMap((r) =>
    'of' in r ? [r.of, ...('after' in r ? [r.after] : []), ...('next' in r ? [r.next] : [])] : [],
  );
  const { on, calledBy = [], calledByEach = [], calls, unless } = choice;
  const conditions = [calls, unless].filter((name) => name !== undefined);
  return [...on, ...callees, ...calledBy, ...calledByEach, ...conditions];
}
