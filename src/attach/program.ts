/**
 * A Go program on disk, read and planned once however many processes run it. Owns the open file, from which the
 * names of error types are read when they are first needed.
 */
import { type FileSource, fileKey, openFileSource } from '../binary/file-source.ts';
import { GoBinary } from '../binary/go-binary.ts';
import { GoidspanError } from '../errors.ts';
import type { AttachPlan } from '../probes/plan.ts';
import { hostArch } from '../process/host.ts';
import { loadBias, parseMaps } from '../process/memory-map.ts';
import { pageBytes } from '../process/page-size.ts';
import { PlanCache } from './plan-cache.ts';
import type { ProgramOptions } from './plan-program.ts';
import { Planner } from './planner.ts';

/** What a target needs to know of its program. */
export interface Program {
  readonly path: string;
  readonly goVersion: string | undefined;
  readonly isPie: boolean;
  readonly plan: AttachPlan;
  /** Link-time address at which its code begins, as the kernel reckons: `start_code` less the load bias. */
  readonly codeStart: number;
  /** … and at which it ends. */
  readonly codeEnd: number;
  /** Path by which any thread of this process can open its file, while it is acquired. */
  readonly openPath: string;
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
  readonly source: FileSource;
  readonly program: Promise<Program>;
  users: number;
}

/** The programs of the targets that are attached now; each is closed when its last target goes. */
export class Programs {
  readonly #byFile = new Map<string, Cached>();
  readonly #users = new WeakMap<Program, string>();
  readonly #plans = new PlanCache();
  readonly #planner: Planner;

  constructor(options: ProgramOptions = {}) {
    this.#planner = new Planner(options);
  }

  /** Reads and plans the program at `path`. Throws `not_go`, `bad_binary` or `not_supported_binary`, naming the path. */
  async acquire(path: string): Promise<Program> {
    const key = fileKey(path);
    let cached = this.#byFile.get(key);
    if (cached === undefined) {
      const source = openFileSource(path);
      cached = { source, program: this.#read(path, source), users: 0 };
      this.#byFile.set(key, cached);
    }
    cached.users++;
    try {
      const program = await cached.program;
      this.#users.set(program, key);
      return program;
    } catch (error) {
      this.#leave(key, cached);
      throw error instanceof GoidspanError ? namedAfter(error, path) : error;
    }
  }

  release(program: Program): void {
    const key = this.#users.get(program);
    const cached = key === undefined ? undefined : this.#byFile.get(key);
    if (key !== undefined && cached !== undefined) this.#leave(key, cached);
  }

  /** Its file stays open until `ask` has been answered; undefined if it is closed already. */
  async during<T>(program: Program, ask: () => Promise<T>): Promise<T | undefined> {
    const key = this.#users.get(program);
    const cached = key === undefined ? undefined : this.#byFile.get(key);
    if (key === undefined || cached === undefined) return undefined;
    cached.users++;
    try {
      return await ask();
    } finally {
      this.#leave(key, cached);
    }
  }

  /** Ends the planning thread; programs stay until they are released. */
  close(): Promise<void> {
    return this.#planner.close();
  }

  async #read(path: string, source: FileSource): Promise<Program> {
    const binary = GoBinary.open(source);
    refuseOtherProcessor(binary.arch.name);
    const plan = await this.#plans.planOf(binary, source, () => this.#planner.plan(source.path));
    return programOf(path, source.path, binary, plan);
  }

  #leave(key: string, cached: Cached): void {
    if (--cached.users > 0) return;
    cached.source.close();
    if (this.#byFile.get(key) === cached) this.#byFile.delete(key);
  }
}

/** A program of another processor may run here, in an emulator, but it is not what the kernel runs. */
function refuseOtherProcessor(arch: string): void {
  if (arch === hostArch()) return;
  throw new GoidspanError(
    'not_supported_binary',
    `cannot trace the executable: it is built for ${arch}, and this host is ${hostArch()} (build it with GOARCH=${hostArch()}, or trace it on ${arch})`,
  );
}

function programOf(path: string, openPath: string, binary: GoBinary, plan: AttachPlan): Program {
  const typeNames = new Map<number, string | undefined>();
  const code = binary.segments.filter((s) => s.executable);
  return {
    path,
    goVersion: binary.goVersion,
    isPie: binary.isPie,
    plan,
    openPath,
    codeStart: Math.min(...code.map((s) => s.vaddr)),
    codeEnd: Math.max(...code.map((s) => s.vaddr + s.fileBytes)),
    get goidOffset() {
      return binary.fieldOffset('runtime.g', 'goid');
    },
    get statusOffset() {
      return binary.fieldOffset('runtime.g', 'atomicstatus');
    },
    loadBias: (maps, exeLink) => {
      const segments = binary.segments.map((s) => ({ ...s, fileSize: s.fileBytes }));
      return binary.isPie ? (loadBias(parseMaps(maps), exeLink, segments, pageBytes()) ?? 0) : 0;
    },
    typeNameAt: (vaddr) => {
      if (!typeNames.has(vaddr)) typeNames.set(vaddr, binary.typeNameAt(vaddr));
      return typeNames.get(vaddr);
    },
  };
}

/** The binary reader does not know paths; its refusals get the object here. */
export function namedAfter(error: GoidspanError, path: string): GoidspanError {
  if (error.message.includes(path)) return error;
  return new GoidspanError(error.code, error.message.replace('the executable', path), { cause: error });
}
