// Generates the TypeScript side of bpf/wire.h from its BTF: readers of records, writers of map values, enums, and
// the hash by which shim and TypeScript recognise each other. `npm run generate` runs it; a test regenerates and
// compares. It refuses what the wire must not hold: padding, pointers, bit fields, a kind without a record.
// Given the path of another witness (`wire.btf.c` beside its `wire.h`), it only checks that one and writes nothing.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tsOut = join(root, 'src/wire/wire.gen.ts');
const hashOut = join(root, 'bpf/wire_hash.gen.h');

const otherWitness = process.argv[2];
const types = readBtf(otherWitness ?? join(root, 'bpf/wire.btf.c'));
const named = (kind, name) =>
  types.find((t) => t.kind === kind && t.name === name) ?? fail(`no ${kind} ${name}`);

const docs = new Map();
const goFields = new Map();
for (const t of types.filter((t) => t.kind === 'DECL_TAG' && t.component_idx >= 0)) {
  const key = `${t.type_id}.${t.component_idx}`;
  if (t.name.startsWith('doc:')) docs.set(key, t.name.slice(4));
  if (t.name.startsWith('go:')) goFields.set(key, t.name.slice(3));
}

const records = membersOf(named('UNION', 'wire_records'))
  .filter((m) => m.name !== 'header')
  .map((m) => layout(m.type_id));
const values = membersOf(named('UNION', 'wire_values')).map((m) => layout(m.type_id));
const enums = [
  'wire_limit',
  'ev_kind',
  'span_role',
  'span_ending',
  'span_flag',
  'span_text',
  'target_flag',
  'count',
].map((name) => ({ name, values: named('ENUM', name).values }));
checkKinds();

const hash = createHash('sha256')
  .update(JSON.stringify({ records, values, enums }))
  .digest('hex')
  .slice(0, 16);
const source = typescript();
if (!otherWitness) write();
console.log(`wire ${hash}: ${records.length} records, ${values.length} map values`);

function write() {
  mkdirSync(dirname(tsOut), { recursive: true });
  writeFileSync(tsOut, source);
  execFileSync(join(root, 'node_modules/.bin/biome'), ['format', '--write', tsOut], {
    stdio: 'ignore',
    cwd: root,
  });
  writeFileSync(
    hashOut,
    `/* SPDX-License-Identifier: MIT OR GPL-2.0-only */\n/* Generated from wire.h; do not edit. */\n#define WIRE_HASH 0x${hash}ULL\n`,
  );
}

function readBtf(witness) {
  const object = otherWitness ? `${witness}.o` : join(root, '.cache/wire.btf.o');
  mkdirSync(dirname(object), { recursive: true });
  const include = `/usr/include/${execFileSync('gcc', ['-dumpmachine'], { encoding: 'utf8' }).trim()}`;
  execFileSync('clang', ['-O2', '-g', '-target', 'bpf', `-I${include}`, '-c', witness, '-o', object], {
    stdio: 'inherit',
  });
  return JSON.parse(execFileSync('bpftool', ['-j', 'btf', 'dump', 'file', object], { encoding: 'utf8' }))
    .types;
}

function byId(id) {
  return types.find((t) => t.id === id) ?? fail(`no BTF type ${id}`);
}

function membersOf(type) {
  return type.members;
}

/** A struct as a flat list of fields; throws on anything the wire must not hold. */
function layout(typeId) {
  const type = byId(typeId);
  const fields = [];
  let end = 0;
  type.members.forEach((member, index) => {
    const where = `${type.name}.${member.name}`;
    if (member.bitfield_size) fail(`${where}: bit field`);
    const at = member.bits_offset / 8;
    if (at !== end) fail(`${where}: ${at - end} bytes of padding before it`);
    const shape = shapeOf(member.type_id, where);
    const key = `${type.id}.${index}`;
    fields.push({ name: member.name, at, ...shape, doc: docs.get(key), go: goFields.get(key) });
    end = at + shape.size;
  });
  if (end !== type.size) fail(`${type.name}: ${type.size - end} bytes of padding at its end`);
  return { name: type.name, size: type.size, fields };
}

function shapeOf(typeId, where) {
  const type = byId(typeId);
  const scalars = {
    __u8: ['u8', 1],
    __u16: ['u16', 2],
    __u32: ['u32', 4],
    __u64: ['u64', 8],
    __s64: ['s64', 8],
    ktime_ns_t: ['ktime', 8],
    goid_t: ['count64', 8],
    uaddr_t: ['count64', 8],
    go_offset_t: ['u16', 2],
    trace_id_t: ['traceId', 16],
    span_id_t: ['spanId', 8],
  };
  if (type.kind === 'TYPEDEF') {
    const scalar = scalars[type.name];
    if (!scalar) fail(`${where}: type ${type.name} is not known to the generator`);
    return { shape: scalar[0], size: scalar[1] };
  }
  if (type.kind === 'ARRAY') {
    const element = shapeOf(type.type_id, where);
    return { shape: `${element.shape}[]`, size: element.size * type.nr_elems, length: type.nr_elems };
  }
  if (type.kind === 'STRUCT' && type.name === 'ev_header') return { shape: 'header', size: type.size };
  return fail(`${where}: ${type.kind} is not allowed on the wire`);
}

function checkKinds() {
  const kinds = enums.find((e) => e.name === 'ev_kind').values.filter((v) => v.val !== 0);
  const want = kinds
    .map((v) => v.name.toLowerCase())
    .sort()
    .join();
  const have = records
    .map((r) => r.name)
    .sort()
    .join();
  if (want !== have) fail(`kinds and records differ: ${want} against ${have}`);
}

function typescript() {
  const out = [
    '// Generated from bpf/wire.h by `npm run generate`; do not edit.',
    '',
    "import type { Batch, Ktime, SpanIdWords, TraceIdWords } from './batch.ts';",
    "import { count64, ktime, s64, spanId, traceId } from './batch.ts';",
    "import type { WireLayout } from './layout.ts';",
    '',
    '/** Names the layouts below; the shim must return the same. */',
    `export const WIRE_HASH = 0x${hash}n;`,
    '',
  ];
  for (const e of enums) {
    out.push(`/** \`enum ${e.name}\` */`, `export const ${camel(e.name)} = {`);
    for (const v of e.values) out.push(`  ${v.name}: ${v.val >>> 0 === v.val ? v.val : v.val},`);
    out.push('} as const;', '');
  }
  const header = layout(byHeader().id);
  out.push(...layoutTable());
  out.push(
    '/** Bytes of each record, and of the text at the end of one, of which only the used part is sent. */',
    'export const wireSize = {',
  );
  for (const r of [header, ...records]) {
    out.push(`  ${r.name.toUpperCase()}: ${r.size},`);
    const text = r.fields.find((f) => f.name === 'text');
    if (text) out.push(`  ${r.name.toUpperCase()}_TEXT: ${text.size},`);
  }
  out.push('} as const;', '');
  out.push(...interfaceOf(header), ...readerOf(header, 'header'));
  for (const r of records) {
    out.push(...interfaceOf(r), ...(r.fields.some(isArray) ? viewOf(r) : readerOf(r, 'record')));
  }
  for (const v of values.filter((v) => ['target_row', 'settings'].includes(v.name))) {
    out.push(...interfaceOf(v), ...writerOf(v), ...goTableOf(v));
  }
  return `${out.join('\n')}\n`;
}

/** What a recording carries along, so that a later version reads its records. */
function layoutTable() {
  const kinds = new Map(enums.find((e) => e.name === 'ev_kind').values.map((v) => [v.name, v.val]));
  const texts = enums.find((e) => e.name === 'span_text').values.filter((v) => v.name !== 'TEXT_COUNT');
  const names = texts.map((v) => `'${v.name.replace('TEXT_', '').toLowerCase()}'`);
  const out = [
    '/** Where everything stands in the records. */',
    'export const wireLayout: WireLayout = { records: {',
  ];
  for (const r of records) {
    const fields = r.fields.filter((f) => f.name !== 'text');
    const end = fields.at(-1);
    out.push(`${kinds.get(r.name.toUpperCase())}: { bytes: ${end.at + end.size}, fields: {`);
    out.push(...fields.map((f) => `${f.name}: [${f.at}, ${f.size}],`), '} },');
  }
  return [...out, '},', `families: { 1: { bytes: 0, fields: {}, texts: [${names.join(', ')}] } } };`, ''];
}

function byHeader() {
  return named('STRUCT', 'ev_header');
}

function tsType(f) {
  return {
    u8: 'number',
    u16: 'number',
    u32: 'number',
    u64: 'bigint',
    s64: 'number',
    count64: 'number',
    ktime: 'Ktime',
    traceId: 'TraceIdWords',
    spanId: 'SpanIdWords',
    header: 'EvHeader',
    'u8[]': 'Uint8Array',
    'u16[]': 'Uint16Array',
  }[f.shape];
}

function interfaceOf(s) {
  const out = [`/** \`struct ${s.name}\`, ${s.size} bytes. */`, `export interface ${pascal(s.name)} {`];
  for (const f of s.fields) {
    if (f.doc) out.push(`  /** ${f.doc} */`);
    out.push(`  readonly ${camel(f.name)}: ${tsType(f)};`);
  }
  return [...out, '}', ''];
}

/** What reads a field of the record at byte `at` of `batch`; both are expressions. */
function readOf(s, f, batch, at) {
  const end = f.at + f.size;
  return (
    {
      u8: `${batch}.u8[${at} + ${f.at}] as number`,
      u16: `${batch}.u16[(${at} + ${f.at}) >>> 1] as number`,
      u32: `${batch}.u32[(${at} + ${f.at}) >>> 2] as number`,
      s64: `s64(${batch}.u32, ${at} + ${f.at})`,
      count64: `count64(${batch}.u32, ${at} + ${f.at})`,
      ktime: `ktime(${batch}.u32, ${at} + ${f.at})`,
      traceId: `traceId(${batch}.u8, ${at} + ${f.at})`,
      spanId: `spanId(${batch}.u8, ${at} + ${f.at})`,
      header: `readEvHeader(${batch}, ${at})`,
      'u8[]': `${batch}.u8.subarray(${at} + ${f.at}, ${at} + ${end})`,
      'u16[]': `${batch}.u16.subarray((${at} + ${f.at}) >>> 1, (${at} + ${end}) >>> 1)`,
    }[f.shape] ?? fail(`${s.name}.${f.name}: no reader for ${f.shape}`)
  );
}

/** What is small is read whole. */
function readerOf(s, what) {
  return [
    `/** Reads the ${what} at byte \`at\` (a multiple of 8). */`,
    `export function read${pascal(s.name)}(batch: Batch, at: number): ${pascal(s.name)} {`,
    '  return {',
    ...s.fields.map((f) => `    ${camel(f.name)}: ${readOf(s, f, 'batch', 'at')},`),
    '  };',
    '}',
    '',
  ];
}

function isArray(f) {
  return f.shape.endsWith('[]');
}

/** A record with arrays is a view: what nobody asks for is not read, and what is an object is made once. */
function viewOf(s) {
  const name = `${pascal(s.name)}View`;
  const isObject = (f) => f.shape === 'header' || isArray(f);
  return [
    `class ${name} implements ${pascal(s.name)} {`,
    '  readonly #batch: Batch;',
    '  readonly #at: number;',
    ...s.fields.filter(isObject).map((f) => `  #${camel(f.name)}: ${tsType(f)} | undefined;`),
    '',
    '  constructor(batch: Batch, at: number) {',
    '    this.#batch = batch;',
    '    this.#at = at;',
    '  }',
    ...s.fields.flatMap((f) => {
      const field = camel(f.name);
      const value = readOf(s, f, 'this.#batch', 'this.#at');
      return [
        '',
        `  get ${field}(): ${tsType(f)} {`,
        ...(isObject(f)
          ? [`    this.#${field} ??= ${value};`, `    return this.#${field};`]
          : [`    return ${value};`]),
        '  }',
      ];
    }),
    '}',
    '',
    '/** The record at byte `at` (a multiple of 8) as a view into the batch, which must stay as it is meanwhile. */',
    `export function read${pascal(s.name)}(batch: Batch, at: number): ${pascal(s.name)} {`,
    `  return new ${name}(batch, at);`,
    '}',
    '',
  ];
}

function writerOf(s) {
  const write = (f) => {
    const value = `value.${camel(f.name)}`;
    return (
      {
        u16: `view.setUint16(${f.at}, ${value}, true);`,
        u32: `view.setUint32(${f.at}, ${value}, true);`,
        u64: `view.setBigUint64(${f.at}, ${value}, true);`,
        count64: `view.setBigUint64(${f.at}, BigInt(${value}), true);`,
      }[f.shape] ?? fail(`${s.name}.${f.name}: no writer for ${f.shape}`)
    );
  };
  return [
    `export const ${s.name.toUpperCase()}_BYTES = ${s.size};`,
    '',
    `/** The bytes of a \`struct ${s.name}\`. */`,
    `export function write${pascal(s.name)}(value: ${pascal(s.name)}): Uint8Array {`,
    `  const bytes = new Uint8Array(${s.name.toUpperCase()}_BYTES);`,
    '  const view = new DataView(bytes.buffer);',
    ...s.fields.map((f) => `  ${write(f)}`),
    '  return bytes;',
    '}',
    '',
  ];
}

function goTableOf(s) {
  const fields = s.fields.filter((f) => f.go);
  if (fields.length === 0) return [];
  return [
    `/** Go struct field (alternatives by \`|\`, optional with \`?\`) whose offset each member of ${pascal(s.name)} holds. */`,
    `export const ${camel(s.name)}GoFields = {`,
    ...fields.map((f) => `  ${camel(f.name)}: '${f.go}',`),
    '} as const;',
    '',
  ];
}

function camel(name) {
  return name.replace(/_([a-z0-9])/g, (_, c) => c.toUpperCase());
}

function pascal(name) {
  const c = camel(name);
  return c[0].toUpperCase() + c.slice(1);
}

function fail(message) {
  throw new Error(`wire.h: ${message}`);
}
