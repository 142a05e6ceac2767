/**
 * Loads each program of the package's BPF object alone, and says what came of it:
 *   node load-alone.mjs PACKAGE RESULT.json
 * If any is refused, the programs of its other object, for older kernels, are tried too.
 * By the package's own koffi and libbpf, and nothing else of it: what is tried is what the kernel says of each program.
 */

import { readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [folder, resultPath] = process.argv.slice(2);
const koffi = createRequire(join(folder, 'package.json'))('koffi');
const native = join(folder, `dist/native/linux-${process.arch}`);
/** Found through the shim, which knows where its libraries are. */
const libbpf = koffi.load(join(native, 'libgoidspan.so'));

const LOG_BYTES = 1 << 20;
/** BPF_LOG_STATS: only the closing line, which has the number of verified instructions. */
const STATISTICS = 4;
/** BPF_LOG_LEVEL1: why a program was refused. */
const REASONS = 1;

const setPrint = libbpf.func('void *libbpf_set_print(void *print)');
const open = libbpf.func('void *bpf_object__open_file(const char *path, void *options)');
const close = libbpf.func('void bpf_object__close(void *object)');
const load = libbpf.func('int bpf_object__load(void *object)');
const next = libbpf.func('void *bpf_object__next_program(void *object, void *program)');
const nameOf = libbpf.func('const char *bpf_program__name(void *program)');
const setAutoload = libbpf.func('int bpf_program__set_autoload(void *program, bool autoload)');
const setLog = libbpf.func('int bpf_program__set_log_buf(void *program, void *log, size_t bytes)');
const setLogLevel = libbpf.func('int bpf_program__set_log_level(void *program, uint32_t level)');

function programsOf(object) {
  const programs = [];
  for (let program = next(object, null); program !== null; program = next(object, program)) {
    programs.push(program);
  }
  return programs;
}

/** Loads the program of that number only; undefined when there is none. */
function tried(path, index, logLevel) {
  const object = open(path, null);
  if (object === null) throw new Error(`cannot open ${path}`);
  try {
    const programs = programsOf(object);
    const chosen = programs[index];
    if (chosen === undefined) return undefined;
    for (const program of programs) setAutoload(program, program === chosen);
    const log = new Uint8Array(LOG_BYTES);
    setLog(chosen, log, LOG_BYTES);
    setLogLevel(chosen, logLevel);
    const error = load(object);
    const text = Buffer.from(log.subarray(0, log.indexOf(0))).toString('utf8');
    return { name: nameOf(chosen), error, text };
  } finally {
    close(object);
  }
}

/** The line of a verifier's log that says what is wrong: the last but its statistics. */
const reasonOf = (text) =>
  text
    .trimEnd()
    .split('\n')
    .filter((line) => !line.startsWith('processed '))
    .at(-1) ?? '';

/** What came of every program of an object. */
function loadedAlone(file) {
  const path = join(native, file);
  const results = [];
  for (let index = 0; ; index++) {
    const loaded = tried(path, index, STATISTICS);
    if (loaded === undefined) return results;
    const { name, error, text } = loaded;
    const verified = Number(/^processed (\d+) insns/m.exec(text)?.[1] ?? 0);
    const refused = error === 0 ? undefined : `${error}: ${reasonOf(tried(path, index, REASONS).text)}`;
    results.push({ object: file, name, verified, refused });
  }
}

setPrint(null);
const [usual, ...others] = readdirSync(native)
  .filter((name) => name.endsWith('.o'))
  .sort((a, b) => a.length - b.length);
let results = loadedAlone(usual);
if (results.some(({ refused }) => refused !== undefined)) {
  results = results.concat(others.flatMap(loadedAlone));
}
writeFileSync(resultPath, JSON.stringify(results));
