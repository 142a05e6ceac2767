/**
 * A Go program on disk, read and planned once however many processes run it. Owns the open file, from which the
 * names of error types are read when they are first needed.
 */
import { statSync } from 'node:fs';
import { release } from 'node:os';
import { openFileSource } from '../binary/file-source.ts';
import { GoBinary } from '../binary/go-binary.ts';
import { GoidspanError } from '../errors.ts';
import { families } from '../probes/families.ts';
import { type AttachPlan, planAttach } from '../probes/plan.ts';
import { kernelAtLeast } from '../target/kernel-release.ts';
import { loadBias, parseMaps } from '../target/memory-map.ts';
import { targetRowGoFields, wireLimit } from '../wire/wire.gen.ts';
import { PlanCache } from './plan-cache.ts';

/** What a target needs to know of its program. */
export interface Program {
  readonly path: string;
  readonly goVersion: string | undefined;
  readonly isPie: boolean;
  readonly plan: AttachPlan;
  /** Offset of `runtime.g.goid`. */
  readonly goidOffset: number | undefined;
  /** Offset of `runtime.g.atomicstatus`, by which a dead goroutine is known. */
  readonly statusOffset: number | undefined;
  /** Load bias of a process by the text of its `maps`; 0 unless the program is position-independent. */
  loadBias(maps: string, exeLink: string): number;
  /** Name of the Go type at a link-time address. */
  typeNameAt(vaddr: number): string | undefined;
}

interface Cached {
  readonly program: Program;
  readonly close: () => void;
  users: number;
}

/** The programs of the targets that are attached now; each is closed when its last target goes. */
export class Programs {
  readonly #byFile = new Map<string, Cached>();
  readonly #plans = new PlanCache();

  /** Reads and plans the program at `path`. Throws `not_go`, `bad_binary` or `not_supported_binary`, naming the path. */
  acquire(path: string): Program {
    const key = fileKey(path);
    let cached = this.#byFile.get(key);
    if (cached === undefined) {
      cached = { ...read(path, this.#plans), users: 0 };
      this.#byFile.set(key, cached);
    }
    cached.users++;
    return cached.program;
  }

  release(program: Program): void {
    for (const [key, cached] of this.#byFile) {
      if (cached.program !== program || --cached.users > 0) continue;
      cached.close();
      this.#byFile.delete(key);
    }
  }
}

/** The same file under another path is the same program; a file that was written to is not. */
function fileKey(path: string): string {
  try {
    const { dev, ino, size, mtimeMs } = statSync(path);
    return `${dev}:${ino}:${size}:${mtimeMs}`;
  } catch (cause) {
    throw new GoidspanError('bad_binary', `cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
}

function read(path: string, plans: PlanCache): { program: Program; close: () => void } {
  const source = openFileSource(path);
  try {
    const binary = GoBinary.open(source);
    const plan = plans.planOf(binary, source, () => planProgram(binary));
    const typeNames = new Map<number, string | undefined>();
    const program: Program = {
      path,
      goVersion: binary.goVersion,
      isPie: binary.isPie,
      plan,
      get goidOffset() {
        return binary.fieldOffset('runtime.g', 'goid');
      },
      get statusOffset() {
        return binary.fieldOffset('runtime.g', 'atomicstatus');
      },
      loadBias: (maps, exeLink) => {
        const segments = binary.segments.map((s) => ({ ...s, fileSize: s.fileBytes }));
        return binary.isPie ? (loadBias(parseMaps(maps), exeLink, segments) ?? 0) : 0;
      },
      typeNameAt: (vaddr) => {
        if (!typeNames.has(vaddr)) typeNames.set(vaddr, binary.typeNameAt(vaddr));
        return typeNames.get(vaddr);
      },
    };
    return { program, close: () => source.close() };
  } catch (error) {
    source.close();
    throw error instanceof GoidspanError ? namedAfter(error, path) : error;
  }
}

/**
 * What is attached where on this kernel.
 * @throws {GoidspanError} `not_supported_binary`.
 */
export function planProgram(binary: GoBinary): AttachPlan {
  if (!binary.arch.canAttach) throw wrongArchitecture(binary.arch.name);
  const plan = planAttach(binary, families, Object.values(targetRowGoFields), {
    preferNop5: kernelAtLeast(release(), 6, 18),
  });
  for (const field of plan.fields) checkWindow(field.wanted, field.offset);
  return plan;
}

function wrongArchitecture(name: string): GoidspanError {
  return new GoidspanError(
    'not_supported_binary',
    `cannot trace the executable: it is built for ${name}, whose programs are read and planned but not attached to (build it with GOARCH=amd64)`,
  );
}

/** The binary reader does not know paths; its refusals get the object here. */
export function namedAfter(error: GoidspanError, path: string): GoidspanError {
  if (error.message.includes(path)) return error;
  return new GoidspanError(error.code, error.message.replace('the executable', path), { cause: error });
}

/** BPF programs read the fields of `net/http` and `net/url` structs as one block of limited size. */
function checkWindow(field: string, offset: number | undefined): void {
  const isInWindow = /^net\/(http\.(Request|Response|response)|url\.URL)\./.test(field);
  if (isInWindow && offset !== undefined && offset > wireLimit.GO_WINDOW_BYTES - 16) {
    throw new GoidspanError(
      'not_supported_binary',
      `cannot trace the executable: ${field} lies at offset ${offset}, beyond the ${wireLimit.GO_WINDOW_BYTES} bytes that are read (a newer goidspan may know this Go version)`,
    );
  }
}
