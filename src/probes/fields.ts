/** Offsets of the struct fields that BPF programs read, from the binary's own type data. */

import type { GoBinary } from '../binary/go-binary.ts';
import { type GoSource, rowSources } from '../wire/wire.gen.ts';
import type { RowPart } from './hook.ts';

/** What has to be found in a program to fill those parts of its row. */
export function sourcesOf(parts: readonly RowPart[]): GoSource[] {
  return parts.flatMap((part): GoSource[] => Object.values(rowSources[part]));
}

/** Names of the Go fields among them. */
export function fieldNames(sources: readonly GoSource[]): string[] {
  return sources.filter(({ what }) => what === 'field').map(({ name }) => name);
}

/** What became of a wanted field: its offset, or why there is none. */
export interface FieldPlan {
  /** As asked for, without the `?`. */
  readonly wanted: string;
  readonly optional: boolean;
  /** The alternative that the program has. */
  readonly found?: string;
  /** Bytes from the start of the struct. */
  readonly offset?: number;
  readonly missing?: string;
}

/** Resolves each different field once; `alsoLookUp` are struct types that are asked for later, in the same pass. */
export function planFields(
  binary: GoBinary,
  wantedFields: readonly string[],
  alsoLookUp: readonly string[],
): FieldPlan[] {
  const wanted = [...new Set(wantedFields)];
  const structs = wanted.flatMap((w) => alternativesOf(w).map((a) => split(a).struct));
  binary.structs([...structs, ...alsoLookUp]);
  return wanted.map((w) => planField(binary, w));
}

function planField(binary: GoBinary, wanted: string): FieldPlan {
  const optional = wanted.endsWith('?');
  const alternatives = alternativesOf(wanted);
  const plan = { wanted: alternatives.join('|'), optional };
  for (const alternative of alternatives) {
    const { struct, field } = split(alternative);
    const offset = binary.fieldOffset(struct, field);
    if (offset !== undefined) return { ...plan, found: alternative, offset };
  }
  const structs = [...new Set(alternatives.map((a) => split(a).struct))];
  const present = structs.find((s) => binary.hasType(s));
  const missing = present
    ? `type ${present} has no such field`
    : `the program has no type ${structs.join(' or ')}`;
  return { ...plan, missing };
}

function alternativesOf(wanted: string): string[] {
  return (wanted.endsWith('?') ? wanted.slice(0, -1) : wanted).split('|');
}

function split(name: string): { struct: string; field: string } {
  const dot = name.lastIndexOf('.');
  return { struct: name.slice(0, dot), field: name.slice(dot + 1) };
}
