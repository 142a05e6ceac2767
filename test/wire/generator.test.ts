import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WIRE_HASH } from '../../src/wire/wire.gen.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const wire = readFileSync(join(root, 'bpf/wire.h'), 'utf8');
const http = readFileSync(join(root, 'bpf/wire/http.h'), 'utf8');

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'goidspan-wire-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** Runs the generator on changed headers, and returns how it ended and what it said. */
function generate(change: (header: string) => string, changeHttp = (header: string) => header) {
  cpSync(join(root, 'bpf/wire'), join(directory, 'wire'), { recursive: true });
  writeFileSync(join(directory, 'wire.h'), change(wire));
  writeFileSync(join(directory, 'wire/http.h'), changeHttp(http));
  const child = spawnSync(process.execPath, [join(root, '.scripts/generate-wire.mjs'), directory], {
    encoding: 'utf8',
  });
  return { code: child.status, said: child.stdout + child.stderr };
}

/** Inserts lines into the exec record, which is followed by nothing. */
const inExec = (lines: string) => (header: string) => {
  const changed = header.replace(/(struct ev_process_exec \{[\s\S]*?)(\n\};)/, `$1\n${lines}$2`);
  if (changed === header) throw new Error('wire.h has no struct ev_process_exec');
  return changed;
};

const replace = (from: string | RegExp, to: string) => (text: string) => {
  const changed = text.replace(from, to);
  if (changed === text) throw new Error(`nothing like ${from} to be replaced`);
  return changed;
};

describe('the generator', () => {
  it('accepts wire.h as it is and names its layout', () => {
    const { code, said } = generate((header) => header);
    expect(said).toContain(`wire ${WIRE_HASH.toString(16).padStart(16, '0')}`);
    expect(code).toBe(0);
  });

  it('gives another name to another layout', () => {
    const { code, said } = generate(inExec('ktime_ns_t more;'));
    expect(said).toMatch(/^wire [0-9a-f]{16}/);
    expect(said).not.toContain(WIRE_HASH.toString(16));
    expect(code).toBe(0);
  });

  it.each([
    [
      'padding between fields',
      inExec('__u8 small;\n__u64 big;'),
      /ev_process_exec\.big: 7 bytes of padding before it/,
    ],
    [
      'padding at the end',
      inExec('__u64 big;\n__u8 small;'),
      /ev_process_exec: 7 bytes of padding at its end/,
    ],
    ['a bit field', inExec('__u32 three : 3;'), /ev_process_exec\.three: bit field/],
    ['a pointer', inExec('void *pointer;'), /ev_process_exec\.pointer: PTR is not allowed/],
    [
      'a struct without a name',
      inExec('struct { __u64 a; } inner;'),
      /ev_process_exec\.inner: STRUCT is not allowed/,
    ],
    [
      'an enum, whose size is up to the compiler',
      inExec('enum ev_kind kind;'),
      /ev_process_exec\.kind: ENUM is not/,
    ],
    [
      'a type that it does not know',
      inExec('__s32 number;'),
      /ev_process_exec\.number: type __s32 is not known/,
    ],
    [
      'a kind without a record',
      replace('EV_PROCESS_EXIT = 3,', 'EV_PROCESS_EXIT = 3,\nEV_MORE = 4,'),
      /kinds and records differ/,
    ],
  ])('refuses %s', (_name, change, message) => {
    const { code, said } = generate(change);
    expect(said).toMatch(message);
    expect(code).not.toBe(0);
  });

  it.each([
    ['a family without its texts', replace('enum http_text {', 'enum other_text {'), /no enum http_text/],
    [
      'a text out of order',
      replace('HTTP_TEXT_SCHEME,', 'HTTP_TEXT_SCHEME = 7,'),
      /HTTP_TEXT_SCHEME is 7, not 2/,
    ],
    [
      'more texts than a span has',
      replace('HTTP_TEXT_PATTERN,', 'HTTP_TEXT_PATTERN,\nHTTP_TEXT_MORE,'),
      /http has 9 texts, and a span at most 8/,
    ],
    [
      'a body that leaves what follows unaligned',
      replace('__u32 reserved;\n};', '};'),
      /http_body: .*(padding|multiple of 8)/,
    ],
  ])('refuses %s', (_name, change, message) => {
    const { code, said } = generate((header) => header, change);
    expect(said).toMatch(message);
    expect(code).not.toBe(0);
  });

  it('refuses a record without a kind', () => {
    const { code, said } = generate(
      replace(
        'union wire_records {',
        'struct ev_more { struct ev_header header; };\nunion wire_records {\n\tstruct ev_more more;',
      ),
    );
    expect(said).toMatch(/kinds and records differ/);
    expect(code).not.toBe(0);
  });
});
