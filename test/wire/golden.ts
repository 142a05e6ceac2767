/**
 * The structs of `bpf/wire.h` as gcc lays them out: a C program made from the field names in the header's text fills
 * each field with bytes of its own and prints them. The generator, which reads BTF made by clang, has no part in it.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const wireFolder = fileURLToPath(new URL('../../bpf', import.meta.url));

/** In an order in which each comes after what it is made of. */
function headers(): string {
  const families = readdirSync(join(wireFolder, 'wire')).filter((name) => name !== 'span.h');
  const paths = [...families.map((name) => `wire/${name}`), 'wire/span.h', 'wire.h'];
  return paths.map((path) => readFileSync(join(wireFolder, path), 'utf8')).join('\n');
}

/** A struct filled by C. */
export interface Golden {
  readonly struct: string;
  readonly bytes: Uint8Array;
  /** Member → decimal number, or hex of an array or id. Members of a struct within it are `header.kind` and so on. */
  readonly fields: Readonly<Record<string, string>>;
}

interface Field {
  readonly type: string;
  readonly name: string;
  readonly isArray: boolean;
}

const prelude = String.raw`
#include <stdio.h>
#include <string.h>
#include "wire.h"

static unsigned char next;

static void hex(const void *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		printf("%02x", ((const unsigned char *)bytes)[i]);
}

/* Six bytes at most, so that every number is exact in JavaScript. */
static void fill(void *field, size_t bytes, int is_number)
{
	for (size_t i = 0; i < bytes; i++)
		((unsigned char *)field)[i] = is_number && i > 5 ? 0 : (next += 13);
}

#define NUMBER(name) (fill(&r.name, sizeof(r.name), 1), printf("\"%s\":\"%llu\",", #name, (unsigned long long)r.name))
#define SIGNED(name) (fill(&r.name, sizeof(r.name), 1), r.name = -r.name, printf("\"%s\":\"%lld\",", #name, (long long)r.name))
#define COUNTS(name) do { \
	printf("\"%s\":\"", #name); \
	for (size_t i = 0; i < sizeof(r.name) / sizeof(*r.name); i++) \
		fill(&r.name[i], sizeof(*r.name), 1), printf(i ? ",%llu" : "%llu", (unsigned long long)r.name[i]); \
	printf("\","); \
} while (0)
#define ZERO(name) memset(&r.name, 0, sizeof(r.name))
#define BYTES(name) \
	(fill(&r.name, sizeof(r.name), 0), printf("\"%s\":\"", #name), hex(&r.name, sizeof(r.name)), printf("\","))
`;

/** Every struct of the header. */
export function goldenStructs(): Golden[] {
  const structs = parseStructs(headers());
  const linesOf = (fields: readonly Field[], path: string): string[] =>
    fields.flatMap((field) => {
      // Nobody's: zero, and not told.
      if (['reserved', 'padding'].includes(field.name)) return [`ZERO(${path}${field.name});`];
      const inner = field.isArray ? undefined : structs.get(field.type.replace('struct ', ''));
      return inner ? linesOf(inner, `${path}${field.name}.`) : [`${macroOf(field)}(${path}${field.name});`];
    });
  const blocks = [...structs].map(([name, fields]) => {
    const lines = linesOf(fields, '');
    return String.raw`{ struct ${name} r; memset(&r, 0xee, sizeof(r)); printf("{\"fields\":{");
${lines.join('\n')}
printf("\"\":\"\"},\"struct\":\"${name}\",\"bytes\":\""); hex(&r, sizeof(r)); printf("\"}\n"); }`;
  });
  const output = compileAndRun(`${prelude}int main(void) {\n${blocks.join('\n')}\nreturn 0; }\n`);
  return output
    .trim()
    .split('\n')
    .map((line) => {
      const golden = JSON.parse(line) as { struct: string; bytes: string; fields: Record<string, string> };
      delete golden.fields[''];
      return { ...golden, bytes: new Uint8Array(Buffer.from(golden.bytes, 'hex')) };
    });
}

function macroOf({ type, isArray }: Field): string {
  if (isArray && ['duration_ns_t', 'uaddr_t'].includes(type)) return 'COUNTS';
  if (isArray || type === 'trace_id_t' || type === 'span_id_t') return 'BYTES';
  return type === '__s64' ? 'SIGNED' : 'NUMBER';
}

/** Names only: what a field means for the layout is up to the compiler. */
function parseStructs(header: string): Map<string, Field[]> {
  const text = header.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\b(DOC|GO_\w+)\("(?:[^"\\]|\\.)*"\)/g, '');
  const structs = new Map<string, Field[]>();
  for (const [, name, body] of text.matchAll(/^struct (\w+) \{([\s\S]*?)^\};/gm)) {
    const fields = [...(body as string).matchAll(/^\s*((?:struct )?\w+)\s+(\w+)(\[\w+\])?\s*;/gm)].map(
      ([, type, field, array]) => ({
        type: type as string,
        name: field as string,
        isArray: array !== undefined,
      }),
    );
    structs.set(name as string, fields);
  }
  return structs;
}

function compileAndRun(source: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'goidspan-golden-'));
  try {
    const path = join(directory, 'golden.c');
    writeFileSync(path, source);
    execFileSync('gcc', ['-Wall', '-Werror', '-I', wireFolder, path, '-o', join(directory, 'golden')]);
    return execFileSync(join(directory, 'golden'), { encoding: 'utf8' });
  } finally {
    rmSync(directory, { recursive: true });
  }
}
