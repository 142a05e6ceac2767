/**
 * What a glob means once symbolic links are followed: the kernel names an executable by its real path, users name it by the one they
 * know (`/srv/current/server`). `**` enters no links, as in a shell; those in the parts before it are followed.
 */
import { type BigIntStats, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { globMatches } from './glob.ts';

/** Links in one path, as the kernel counts them. */
const LINKS_MAX = 40;
/** A directory that changed so short a time ago might change again without a new time stamp (4 ms of a kernel tick). */
const RACY_NS = 20_000_000n;
/** Roots (of containers) whose paths are remembered. */
const ROOTS_MAX = 64;
/** A glob that leads to more files is followed to so many. */
const PATHS_MAX = 10_000;

/** A file by its real path, or everything below a directory that matches the rest of the glob. */
interface RealPath {
  readonly path: string;
  readonly rest?: string;
}

interface Expansion {
  readonly paths: readonly RealPath[];
  /** What was looked into, and its state then: as long as nothing has changed, nothing has to be looked up. */
  readonly stamps: ReadonlyMap<string, string>;
}

/** One glob, expanded in one file system or more. */
export class GlobLinks {
  readonly #parts: readonly string[];
  readonly #byRoot = new Map<string, Expansion>();

  constructor(glob: string) {
    this.#parts = glob.split('/').filter((part) => part !== '');
  }

  /**
   * Does the glob, links followed, lead to the executable? `root` is the path of the root directory by which `exe` is meant, empty for
   * our own; `rootKey` tells it from others.
   */
  leadTo(exe: string, root = '', rootKey = root): boolean {
    return this.#expand(root, rootKey).some(({ path, rest }) =>
      rest === undefined
        ? path === exe
        : exe.startsWith(`${path}/`) && globMatches(rest, exe.slice(path.length + 1)),
    );
  }

  #expand(root: string, rootKey: string): readonly RealPath[] {
    const known = this.#byRoot.get(rootKey);
    if (known && [...known.stamps].every(([path, stamp]) => stampOf(root + path) === stamp))
      return known.paths;
    const walk = new Walk(root);
    const paths = walk.expand(this.#parts);
    if (this.#byRoot.size >= ROOTS_MAX) this.#byRoot.clear();
    if (walk.isSettled) this.#byRoot.set(rootKey, { paths, stamps: walk.stamps });
    else this.#byRoot.delete(rootKey);
    return paths;
  }
}

/** One expansion, below one root directory; notes each directory whose entries it has asked for. */
class Walk {
  readonly stamps = new Map<string, string>();
  /** Nothing that was looked into has just been changed. */
  isSettled = true;
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  expand(parts: readonly string[]): RealPath[] {
    // The root directory itself is the empty path.
    let paths = [''];
    for (const [index, part] of parts.entries()) {
      if (part.includes('**')) return paths.map((path) => ({ path, rest: parts.slice(index).join('/') }));
      paths = paths.flatMap((path) => this.#entries(path, part)).slice(0, PATHS_MAX);
    }
    return paths.map((path) => ({ path }));
  }

  /** Real paths of the entries of a directory (a real path) that match one part of the glob. */
  #entries(directory: string, part: string): string[] {
    if (!/[*?]/.test(part)) return this.#resolve(directory, [part]);
    this.#note(directory);
    try {
      return readdirSync(`${this.#root}${directory}/`)
        .filter((name) => globMatches(part, name))
        .flatMap((name) => this.#resolve(directory, [name]));
    } catch {
      return [];
    }
  }

  /** The real path of `parts` below a real directory; none if it leads nowhere. Absolute links begin at the root. */
  #resolve(directory: string, parts: readonly string[]): string[] {
    const ahead = [...parts].reverse();
    let at = directory;
    let links = 0;
    while (ahead.length > 0) {
      const part = ahead.pop() as string;
      if (part === '' || part === '.') continue;
      if (part === '..') {
        at = at.slice(0, Math.max(0, at.lastIndexOf('/')));
        continue;
      }
      this.#note(at);
      const path = `${at}/${part}`;
      const stats = statsOf(this.#root + path);
      if (stats === undefined) return [];
      if (!stats.isSymbolicLink()) {
        at = path;
        continue;
      }
      if (++links > LINKS_MAX) return [];
      const target = linkTarget(this.#root + path);
      if (target.startsWith('/')) at = '';
      ahead.push(...target.split('/').reverse());
    }
    return [at];
  }

  #note(directory: string): void {
    if (this.stamps.has(directory)) return;
    const stats = statsOf(`${this.#root}${directory}/`);
    this.stamps.set(directory, stampOf(this.#root + directory));
    if (stats && BigInt(Date.now()) * 1_000_000n - stats.mtimeNs < RACY_NS) this.isSettled = false;
  }
}

/** A link cannot be changed in place: the directory that holds it changes. */
function stampOf(directory: string): string {
  const stats = statsOf(`${directory}/`);
  return stats ? `${stats.dev}:${stats.ino}:${stats.mtimeNs}` : '';
}

function statsOf(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function linkTarget(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
