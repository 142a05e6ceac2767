// Generates the TypeScript side of bpf/wire.h from its BTF: readers of records, writers of map values, enums, and
// the hash by which shim and TypeScript recognise each other. `npm run generate` runs it; a test regenerates and
// compares. It refuses what the wire must not hold: padding, pointers, bit fields, a kind without a record, a family
// without its body and texts. Given the folder of another wire.h, it only checks that one and writes nothing there but
// what it compiles.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tsOut = join(root, 'src/wire/wire.gen.ts');
const hashOut = join(root, 'bpf/wire_hash.gen.h');
/** What user space writes into maps. */
const WRITTEN = ['target_row', 'settings'];

const otherFolder = process.argv[2];
const folder = otherFolder ?? join(root, 'bpf');
const declared = declarationsOf(join(folder, 'wire.h'));
const types = readBtf();
const named = (kind, name) =>
  types.find((t) => t.kind === kind && t.name === name) ?? fail(`no ${kind} ${name}`);

const docs = new Map();
const goSources = new Map();
for (const t of types.filter((t) => t.kind === 'DECL_TAG' && t.component_idx >= 0)) {
  const key = `${t.type_id}.${t.component_idx}`;
  if (t.name.startsWith('doc:')) docs.set(key, t.name.slice(4));
  const go = /^go (\w+)( in window)?:(.+)$/.exec(t.name);
  if (go) goSources.set(key, { what: go[1], name: go[3], inWindow: go[2] !== undefined });
}

const enums = declared.enum.map((name) => ({ name, values: named('ENUM', name).values }));
const valuesOf = (name) => enums.find((e) => e.name === name)?.values ?? fail(`no enum ${name}`);
const structs = declared.struct.map((name) => layout(named('STRUCT', name).id));
const structOf = (name) => structs.find((s) => s.name === name) ?? fail(`no struct ${name}`);
const records = named('UNION', 'wire_records')
  .members.filter((m) => m.name !== 'header')
  .map((m) => structOf(byId(m.type_id).name));
checkKinds();
const span = structOf('ev_span_end');
/** Behind the fields that all spans have. */
const bodyAt = span.fields.find((f) => f.name === 'rest').at;
const families = valuesOf('span_family').map(familyOf);
/** What spans may have behind their texts, in this order. */
const tails = [
  {
    part: 'connection',
    doc: 'the connection that it was served over or made its call over, if that is known',
  },
  { part: 'time', doc: 'where its time went, if that was watched' },
].map((tail) => ({
  ...tail,
  ...structOf(`span_${tail.part}`),
  flag: `SPAN_FLAG_${tail.part.toUpperCase()}`,
}));

const hash = createHash('sha256')
  .update(JSON.stringify({ structs, enums, families }))
  .digest('hex')
  .slice(0, 16);
const source = typescript();
if (!otherFolder) write();
console.log(`wire ${hash}: ${records.length} records, ${families.length} families`);

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

/** Names of the structs and enums of the header and of those that it includes, in the order in which the compiler sees them. */
function declarationsOf(header, seen = new Set()) {
  const found = { struct: [], enum: [] };
  if (seen.has(header)) return found;
  seen.add(header);
  const declaration = /^(?:#include "(.+)"|(struct|enum) (\w+) \{)/gm;
  for (const [, included, what, name] of readFileSync(header, 'utf8').matchAll(declaration)) {
    if (name) found[what].push(name);
    if (!included) continue;
    const inner = declarationsOf(join(dirname(header), included), seen);
    found.struct.push(...inner.struct);
    found.enum.push(...inner.enum);
  }
  return found;
}

/** Compiles a witness: a variable of each type, so that every layout is in the object. */
function readBtf() {
  const object = join(otherFolder ?? join(root, '.cache'), 'wire.btf.o');
  const witness = object.replace(/o$/, 'c');
  mkdirSync(dirname(object), { recursive: true });
  const all = [
    ...declared.struct.map((name) => `struct ${name}`),
    ...declared.enum.map((name) => `enum ${name}`),
    'union wire_records',
  ];
  const variables = all.map((type, index) => `${type} witness_${index};`);
  writeFileSync(witness, ['#include "wire.h"', ...variables, ''].join('\n'));
  const include = `/usr/include/${execFileSync('gcc', ['-dumpmachine'], { encoding: 'utf8' }).trim()}`;
  execFileSync(
    'clang',
    ['-O2', '-g', '-target', 'bpf', `-I${include}`, `-I${folder}`, '-c', witness, '-o', object],
    { stdio: 'inherit' },
  );
  const dump = execFileSync('bpftool', ['-j', 'btf', 'dump', 'file', object], { encoding: 'utf8' });
  // Of an enum whose values do not fit into 31 bits bpftool writes them with a sign in 64.
  return JSON.parse(
    dump.replace(/"val":(\d{11,})/g, (_, value) => `"val":${BigInt.asUintN(32, BigInt(value))}`),
  ).types;
}

function byId(id) {
  return types.find((t) => t.id === id) ?? fail(`no BTF type ${id}`);
}

/** A family's body and the names of its texts, found by its name. */
function familyOf({ name: constant, val: number }) {
  const name = constant.replace('SPAN_FAMILY_', '').toLowerCase();
  const body = structOf(`${name}_body`);
  const prefix = `${name.toUpperCase()}_TEXT_`;
  const hasTexts = enums.some((e) => e.name.startsWith(`${name}_text`));
  const own = hasTexts ? valuesOf(`${name}_text`) : [];
  const texts = [...valuesOf('span_text'), ...own].map(({ name: text, val }, index) => {
    if (val !== index) fail(`${text} is ${val}, not ${index}`);
    return text.replace('SPAN_TEXT_', '').replace(prefix, '').toLowerCase();
  });
  const most = valuesOf('text_limit').find((v) => v.name === 'SPAN_TEXTS_MAX').val;
  if (texts.length > most) fail(`${name} has ${texts.length} texts, and a span at most ${most}`);
  if (body.size % 8 > 0) fail(`${body.name}: ${body.size} bytes are no multiple of 8`);
  return { name, number, body, texts };
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
    fields.push({ name: member.name, at, ...shape, doc: docs.get(key), go: goSources.get(key) });
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
    duration_ns_t: ['count64', 8],
    goid_t: ['count64', 8],
    uaddr_t: ['count64', 8],
    stack_id_t: ['count64', 8],
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
  if (type.kind === 'STRUCT' && declared.struct.includes(type.name)) {
    const { fields } = layout(typeId);
    return {
      shape: type.name === 'ev_header' ? 'header' : 'struct',
      size: type.size,
      struct: type.name,
      fields,
    };
  }
  return fail(`${where}: ${type.kind} is not allowed on the wire`);
}

function checkKinds() {
  const kinds = valuesOf('ev_kind').filter((v) => v.val !== 0);
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
    "import { count64, counts64, ktime, ktimeNs, s64, spanId, traceId } from './batch.ts';",
    "import type { WireLayout } from './layout.ts';",
    '',
    '/** Names the layouts below; the shim must return the same. */',
    `export const WIRE_HASH = 0x${hash}n;`,
    '',
  ];
  for (const e of enums) {
    out.push(`/** \`enum ${e.name}\` */`, `export const ${camel(e.name)} = {`);
    for (const v of e.values) out.push(`  ${v.name}: ${v.val},`);
    out.push('} as const;', '');
  }
  const header = structOf('ev_header');
  out.push(...layoutTable(), '/** Bytes of each record; of a span, if all of its texts were used. */');
  out.push('export const wireSize = {', ...[header, ...records].map(sizeOf), '} as const;', '');
  out.push('/** Where the fields of its header stand in every record. */', 'export const headerAt = {');
  out.push(...header.fields.map((f) => `  ${camel(f.name)}: ${f.at},`), '} as const;', '');
  out.push(...familyTables(), ...interfaceOf(header), ...readerOf(header, 'header'));
  for (const { body } of families) out.push(...interfaceOf(body), ...readerOf(body, 'body'));
  for (const tail of tails) out.push(...interfaceOf(tail), ...readerOf(tail, 'part'));
  for (const r of records) {
    if (r === span) out.push(...interfaceOf(r, spanParts('interface')), ...viewOf(r));
    else out.push(...interfaceOf(r), ...readerOf(r, 'record'));
  }
  out.push(...recordTable());
  for (const v of WRITTEN.map(structOf)) {
    for (const part of partsOf(v)) out.push(...interfaceOf(structOf(part.struct)));
    out.push(...interfaceOf(v), ...writerOf(v));
  }
  out.push(...goTable());
  return `${out.join('\n')}\n`;
}

function sizeOf(r) {
  return `  ${r.name.toUpperCase()}: ${r.size},`;
}

/** What a recording carries along, so that a later version reads its records. */
function layoutTable() {
  const kinds = new Map(valuesOf('ev_kind').map((v) => [v.name, v.val]));
  const place = (f, from = 0) => `${f.name}: [${from + f.at}, ${f.size}],`;
  const out = [
    '/** Where everything stands in the records. */',
    'export const wireLayout: WireLayout = { records: {',
  ];
  for (const r of records) {
    const fields = namedOf(r);
    out.push(`${kinds.get(r.name.toUpperCase())}: { bytes: ${r === span ? bodyAt : r.size}, fields: {`);
    out.push(...fields.map((f) => place(f)), '} },');
  }
  out.push('}, families: {');
  for (const { number, body, texts } of families) {
    out.push(
      `${number}: { bytes: ${body.size}, fields: {`,
      ...namedOf(body).map((f) => place(f, bodyAt)),
      '},',
    );
    out.push(`texts: [${texts.map((t) => `'${t}'`).join(', ')}] },`);
  }
  out.push('},');
  for (const tail of tails) {
    out.push(`${tail.part}: { bytes: ${tail.size}, fields: {`, ...namedOf(tail).map((f) => place(f)), '} },');
  }
  out.push('};', '');
  return out;
}

/** Families by number, and what reads the texts of each. */
function familyTables() {
  const kinds = valuesOf('span_kind').map(
    (v) => `${v.val}: '${v.name.replace('SPAN_KIND_', '').toLowerCase()}'`,
  );
  return [
    '/** Kinds of spans by their numbers. */',
    `export const spanKindNames = { ${kinds.join(', ')} } as const;`,
    'export type SpanKindName = (typeof spanKindNames)[keyof typeof spanKindNames];',
    '',
    '/** What a span is about: the name of its family, by its number. */',
    `export const familyNames = { ${families.map((f) => `${f.number}: '${f.name}'`).join(', ')} } as const;`,
    'export type SpanFamily = (typeof familyNames)[keyof typeof familyNames];',
    '',
    '/** From here on spans of different ids and times may be the same, word by word. */',
    `export const SPAN_SAID_AT = ${span.fields.find((f) => f.name === 'error_type_addr').at};`,
    '/** Where the sizes of its texts stand. */',
    `export const SPAN_TEXT_SIZES_AT = ${span.fields.find((f) => f.name === 'text_sizes').at};`,
    '/** Where the body of a span begins, and how long that of each family is: the texts come right behind it. */',
    `export const SPAN_BODY_AT = ${bodyAt};`,
    '/** Bytes of what a span with these flags has behind its texts, from a multiple of 8 on. */',
    `export const spanTailBytes = (flags: number): number => ${tails.map((tail) => bytesIfFlagged(tail)).join(' + ')};`,
    'export const spanBodyBytes: Readonly<Record<number, number>> = {',
    ...families.map((f) => `  ${f.number}: ${f.body.size},`),
    '};',
    '',
    '/** Names of the texts of each family, in their order. */',
    'export const spanTexts = {',
    ...families.map((f) => `  ${f.name}: [${f.texts.map((t) => `'${camel(t)}'`).join(', ')}],`),
    '} as const;',
    '',
  ];
}

/** Of a part behind the texts, as an expression of its flags. */
function bytesIfFlagged({ flag, size }, flags = 'flags') {
  return `(${flags} & spanFlag.${flag} ? ${size} : 0)`;
}

/** Kinds of records by their numbers, and who may want to hear of each. */
function recordTable() {
  const parts = records.map((r) => {
    const number = valuesOf('ev_kind').find((v) => v.name === r.name.toUpperCase()).val;
    return { number, name: camel(r.name.replace('ev_', '')), type: pascal(r.name), bytes: r.size };
  });
  return [
    '/** Receives the records of a batch in order, each by its kind; the record lies in the batch at byte `at`. */',
    'export interface RecordHandlers {',
    ...parts.map(({ name, type }) => `  ${name}?(record: ${type}, at: number): void;`),
    '}',
    '',
    '/** Who hears of the records of a kind, how long they are, and what reads them; spans are of any length. */',
    'export const fixedRecords = {',
    ...parts
      .filter(({ name }) => name !== 'spanEnd')
      .map(
        ({ number, name, type, bytes }) =>
          `  ${number}: { handler: '${name}', bytes: ${bytes}, read: read${type} },`,
      ),
    '} as const;',
    '',
  ];
}

/** What a view of a span has instead of the bytes behind its fields. */
function spanParts(what) {
  const parts = families.map(({ name, body }) => ({
    name,
    type: pascal(body.name),
    doc: `its body, if its family is ${name}`,
    value: `read${pascal(body.name)}(this.#batch, this.#at + SPAN_BODY_AT)`,
  }));
  tails.forEach(({ part, doc, flag, name }, index) => {
    const behind = tails
      .slice(index)
      .map((tail) => (tail.part === part ? tail.size : bytesIfFlagged(tail, 'this.header.flags')));
    parts.push({
      name: part,
      type: `${pascal(name)} | undefined`,
      isOptional: true,
      doc,
      value: `this.header.flags & spanFlag.${flag} ? read${pascal(name)}(this.#batch, this.#at + this.header.size - ${behind.join(' - ')}) : undefined`,
    });
  });
  parts.push({
    name: 'batch',
    type: 'Batch | undefined',
    isOptional: true,
    doc: 'what it stands in; undefined for a record that was put together otherwise',
    value: 'this.#batch',
  });
  parts.push({
    name: 'at',
    type: 'number | undefined',
    isOptional: true,
    doc: 'at which byte of the batch',
    value: 'this.#at',
  });
  parts.push({
    name: 'text',
    type: 'Uint8Array',
    doc: 'its texts, one behind the other',
    value:
      'this.#batch.u8.subarray(this.#at + SPAN_BODY_AT + (spanBodyBytes[this.family] ?? 0), this.#at + this.header.size - spanTailBytes(this.header.flags))',
  });
  return parts.flatMap(({ name, type, isOptional, doc, value }) =>
    what === 'interface'
      ? [`  /** ${doc} */`, `  readonly ${name}${isOptional ? '?' : ''}: ${type};`]
      : ['', `  get ${name}(): ${type} {`, `    return ${value};`, '  }'],
  );
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
    struct: f.struct && pascal(f.struct),
    'u8[]': 'Uint8Array',
    'u16[]': 'Uint16Array',
    'count64[]': 'readonly number[]',
  }[f.shape];
}

function interfaceOf(s, more = []) {
  const out = [`/** \`struct ${s.name}\`, ${s.size} bytes. */`, `export interface ${pascal(s.name)} {`];
  for (const f of namedOf(s)) {
    if (f.doc) out.push(`  /** ${f.doc} */`);
    out.push(`  readonly ${camel(f.name)}: ${tsType(f)};`);
  }
  return [...out, ...more, '}', ''];
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
      'count64[]': `counts64(${batch}.u32, ${at} + ${f.at}, ${f.length})`,
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
    ...namedOf(s).map((f) => `    ${camel(f.name)}: ${readOf(s, f, 'batch', 'at')},`),
    '  };',
    '}',
    '',
  ];
}

function isArray(f) {
  return f.shape.endsWith('[]');
}

/** A span is a view: what nobody asks for is not read, and what is an object is made once. */
function viewOf(s) {
  const name = `${pascal(s.name)}View`;
  const isObject = (f) => f.shape === 'header' || isArray(f);
  const fields = namedOf(s);
  return [
    `class ${name} implements ${pascal(s.name)} {`,
    '  readonly #batch: Batch;',
    '  readonly #at: number;',
    ...fields.filter(isObject).map((f) => `  #${camel(f.name)}: ${tsType(f)} | undefined;`),
    '',
    '  constructor(batch: Batch, at: number) {',
    '    this.#batch = batch;',
    '    this.#at = at;',
    '  }',
    ...fields.flatMap((f) => {
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
    ...spanParts('view'),
    '}',
    '',
    '/** The record at byte `at` (a multiple of 8) as a view into the batch, which must stay as it is meanwhile. */',
    `export function read${pascal(s.name)}(batch: Batch, at: number): ${pascal(s.name)} {`,
    `  return new ${name}(batch, at);`,
    '}',
    '',
  ];
}

/** What is nobody's stays zero; what lies behind the fields of a span is read by its family. */
function namedOf(s) {
  return s.fields.filter((f) => !['reserved', 'padding', 'rest'].includes(f.name));
}

/** The structs that a struct is made of. */
function partsOf(s) {
  return namedOf(s).filter((f) => f.shape === 'struct');
}

function writerOf(s) {
  const write = (f, of, from) => {
    const value = `${of}.${camel(f.name)}`;
    const at = from + f.at;
    if (f.shape === 'struct') return namedOf(f).flatMap((inner) => write(inner, value, at));
    const line = {
      'u8[]': `bytes.set(${value}, ${at});`,
      u16: `view.setUint16(${at}, ${value}, true);`,
      u32: `view.setUint32(${at}, ${value}, true);`,
      u64: `view.setBigUint64(${at}, ${value}, true);`,
      ktime: `view.setBigUint64(${at}, ktimeNs(${value}), true);`,
      s64: `view.setBigInt64(${at}, BigInt(${value}), true);`,
      count64: `view.setBigUint64(${at}, BigInt(${value}), true);`,
    }[f.shape];
    return [`  ${line ?? fail(`${s.name}.${f.name}: no writer for ${f.shape}`)}`];
  };
  return [
    `export const ${s.name.toUpperCase()}_BYTES = ${s.size};`,
    '',
    `/** The bytes of a \`struct ${s.name}\`. */`,
    `export function write${pascal(s.name)}(value: ${pascal(s.name)}): Uint8Array {`,
    `  const bytes = new Uint8Array(${s.name.toUpperCase()}_BYTES);`,
    '  const view = new DataView(bytes.buffer);',
    ...namedOf(s).flatMap((f) => write(f, 'value', 0)),
    '  return bytes;',
    '}',
    '',
  ];
}

/** What has to be found in a Go program to fill its row, by part and member. */
function goTable() {
  const out = [
    '/**',
    ' * What a member of the row tells of a Go program. `name` has alternatives parted by `|`; that of a field ends with `?` if',
    ' * the program may lack it. Fields in the window are read as part of a block of GO_WINDOW_BYTES.',
    ' */',
    'export interface GoSource {',
    "  readonly what: 'field' | 'function' | 'end' | 'return' | 'type' | 'variable';",
    '  readonly name: string;',
    '  readonly inWindow?: true;',
    '  /** The function must call this one; of a return, the call that returns. */',
    '  readonly calls?: string;',
    '}',
    '',
    '/** All of them, by the parts of TargetRow. */',
    'export const rowSources = {',
  ];
  for (const part of partsOf(structOf('target_row'))) {
    out.push(`  ${camel(part.name)}: {`);
    for (const f of namedOf(part)) {
      const { what, name, inWindow } =
        f.go ?? fail(`${part.struct}.${f.name} does not say where it is found`);
      const [names, callee] = name.split(' calls ');
      const more = `${inWindow ? ', inWindow: true' : ''}${callee ? `, calls: '${callee}'` : ''}`;
      out.push(`    ${camel(f.name)}: { what: '${what}', name: '${names}'${more} },`);
    }
    out.push('  },');
  }
  return [...out, '} as const satisfies Record<string, Record<string, GoSource>>;', ''];
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
