/** Where what BPF programs must know by its address is in a program: functions, returns, types and variables. */

import type { GoSource } from '../wire/wire.gen.ts';
import type { ProgramCode } from './program-code.ts';
import type { RoundTripSites } from './round-trip.ts';

const skipAltProtocol = 'net/http.ErrSkipAltProtocol';

/** The functions that must be looked up for sources. */
export function functionsOfSources(sources: readonly GoSource[]): string[] {
  return sources
    .filter(({ what }) => what === 'function' || what === 'end' || what === 'return')
    .flatMap(({ name, calls }) => [...name.split('|'), ...(calls === undefined ? [] : [calls])]);
}

/** The types, likewise. */
export function typesOfSources(sources: readonly GoSource[]): string[] {
  return sources.filter(({ what }) => what === 'type').map(({ name }) => name);
}

/** By what a plan has the address of a source. */
export const addressKey = ({ what, name }: GoSource): string => (what === 'end' ? `end of ${name}` : name);

/** By the keys of their sources, those that the program has; variables are known by what uses them. */
export function addressesOf(
  code: ProgramCode,
  sources: readonly GoSource[],
  roundTrip: RoundTripSites | undefined,
): Record<string, number> {
  const found = sources.map((source): [string, number | undefined] => [
    addressKey(source),
    addressOf(code, source, roundTrip),
  ]);
  return Object.fromEntries(found.filter((entry): entry is [string, number] => entry[1] !== undefined));
}

function addressOf(
  code: ProgramCode,
  { what, name, calls }: GoSource,
  roundTrip: RoundTripSites | undefined,
): number | undefined {
  switch (what) {
    case 'function':
      return name
        .split('|')
        .map((symbol) => code.functions.get(symbol))
        .find((fn) => fn && (calls === undefined || code.calls(fn, calls)))?.entry;
    case 'end':
      return code.functions.get(name)?.end;
    case 'return':
      return returnAddress(code, name, calls);
    case 'type':
      return code.binary.structs([name]).get(name);
    case 'variable':
      return name === skipAltProtocol ? roundTrip?.alternate?.skipVariable : undefined;
    default:
      return undefined;
  }
}

/** Where the one call of `calls` in the function returns to. */
function returnAddress(code: ProgramCode, name: string, calls: string | undefined): number | undefined {
  const callee = calls === undefined ? undefined : code.functions.get(calls)?.entry;
  const fn = code.functions.get(name);
  if (!fn || callee === undefined) return undefined;
  const { instructions } = code.flowOf(fn);
  const [call, ...others] = instructions.filter((i) => i.op === 'call' && i.target === callee);
  return call && others.length === 0 ? call.vaddr + call.length : undefined;
}
