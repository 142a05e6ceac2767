/**
 * Whether manifests are what Kubernetes takes: held against the Go types of its API, which are read from the source of
 * `k8s.io/api` in Go's module cache, without building them. Unknown fields, wrong types, missing fields and values that are
 * none of an enumeration are found; what admission finds beyond that is not.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Kubernetes 1.37. */
const MODULES = ['k8s.io/api@v0.37.1', 'k8s.io/apimachinery@v0.37.1'];

interface Field {
  /** As Go writes it: `*int64`, `[]Container`, `map[string]string`. */
  readonly type: string;
  readonly isRequired: boolean;
}

interface Types {
  readonly structs: Map<string, Map<string, Field>>;
  /** Fields of embedded structs are fields of the struct: `inline`. */
  readonly embedded: Map<string, string[]>;
  /** Other types by name: `type Protocol string`. */
  readonly aliases: Map<string, string>;
  readonly values: Map<string, Set<string>>;
}

/** Those that have a form of their own in JSON. */
const SCALARS: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  bool: (value) => typeof value === 'boolean',
  int32: Number.isInteger,
  int64: Number.isInteger,
  IntOrString: (value) => Number.isInteger(value) || typeof value === 'string',
  Quantity: (value) =>
    typeof value === 'number' || (typeof value === 'string' && /^\d+(\.\d+)?([munkMGTPE]i?)?$/.test(value)),
};

/** Packages and the prefix by which others name their types; those of a package itself go before. */
const PACKAGES = [
  { module: 0, path: 'core/v1/types.go', prefix: '' },
  { module: 0, path: 'apps/v1/types.go', prefix: '' },
  { module: 1, path: 'pkg/apis/meta/v1/types.go', prefix: 'metav1.' },
] as const;

/** Downloads the modules if need be (some megabytes) and reads the types. */
export function kubernetesTypes(): Types {
  const folders = MODULES.map((module) => {
    const told = execFileSync('go', ['mod', 'download', '-json', module], { encoding: 'utf8' });
    return (JSON.parse(told) as { Dir: string }).Dir;
  });
  const types: Types = {
    structs: new Map(),
    embedded: new Map(),
    aliases: new Map(),
    values: new Map(),
  };
  for (const { module, path, prefix } of PACKAGES)
    readTypes(readFileSync(join(folders[module] ?? '', path), 'utf8'), prefix, types);
  return types;
}

/** gofmt writes each declaration and each field on a line of its own. */
function readTypes(source: string, prefix: string, { structs, embedded, aliases, values }: Types): void {
  let fields: Map<string, Field> | undefined;
  let name = '';
  let isOptional = false;
  for (const line of source.split('\n')) {
    const [, struct] = /^type (\w+) struct \{$/.exec(line) ?? [];
    const [, alias, of] = /^type (\w+) ([\w.[\]*]+)$/.exec(line) ?? [];
    const [, enumeration, value] = /^(?:const |\t)\w+ +(\w+) += "(.*)"$/.exec(line) ?? [];
    const [, type = '', json, options] = /^\t(?:\w+ +)?(\S+) +`json:"([^",]*)([^"]*)"/.exec(line) ?? [];
    if (struct !== undefined) {
      name = prefix + struct;
      fields = new Map();
      structs.set(name, fields);
      embedded.set(name, []);
    } else if (alias && of) aliases.set(prefix + alias, of);
    else if (enumeration && value !== undefined) {
      const known = values.get(prefix + enumeration) ?? new Set();
      known.add(value);
      values.set(prefix + enumeration, known);
    } else if (line === '}') fields = undefined;
    else if (fields && json) {
      fields.set(json, { type, isRequired: !isOptional && !options?.includes('omitempty') });
    } else if (fields && json === '') embedded.get(name)?.push(type);
    isOptional = /^\t\/\/ \+optional/.test(line) || (isOptional && /^\t\/\//.test(line));
  }
}

/** What is wrong with a value of a type, by its path; empty if nothing is. */
export function faultsOf(types: Types, type: string, value: unknown, path = type): string[] {
  if (type.startsWith('*')) return faultsOf(types, type.slice(1), value, path);
  if (type.startsWith('[]')) {
    if (!Array.isArray(value)) return [`${path}: no list`];
    return value.flatMap((member, index) => faultsOf(types, type.slice(2), member, `${path}[${index}]`));
  }
  const [, key, member] = /^map\[(\w+)\](.+)$/.exec(type) ?? [];
  if (key && member) {
    if (!isObject(value)) return [`${path}: no map`];
    return Object.entries(value).flatMap(([at, of]) => faultsOf(types, member, of, `${path}.${at}`));
  }
  const scalar = SCALARS[type.replace(/^\w+\./, '')];
  if (scalar) return scalar(value) ? [] : [`${path}: no ${type}`];
  const alias = types.aliases.get(type);
  if (alias !== undefined) {
    const known = types.values.get(type);
    const isUnknown = typeof value === 'string' && known !== undefined && !known.has(value);
    return isUnknown
      ? [`${path}: ${value} is none of ${[...known].join(', ')}`]
      : faultsOf(types, alias, value, path);
  }
  return faultsOfStruct(types, type, value, path);
}

function faultsOfStruct(types: Types, type: string, value: unknown, path: string): string[] {
  const bare = type.replace(/^v1\./, '');
  const fields = fieldsOf(types, bare);
  if (fields.size === 0) return [`${path}: the type ${type} is not known`];
  if (!isObject(value)) return [`${path}: no ${type}`];
  const missing = [...fields].filter(([name, { isRequired }]) => isRequired && !(name in value));
  return [
    ...missing.map(([name]) => `${path}.${name} is missing`),
    ...Object.entries(value).flatMap(([name, member]) => {
      const field = fields.get(name);
      return field
        ? faultsOf(types, field.type, member, `${path}.${name}`)
        : [`${path}.${name}: no such field`];
    }),
  ];
}

function fieldsOf(types: Types, type: string): Map<string, Field> {
  const inherited = (types.embedded.get(type) ?? []).flatMap((of) => [...fieldsOf(types, of)]);
  return new Map([...inherited, ...(types.structs.get(type) ?? [])]);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
