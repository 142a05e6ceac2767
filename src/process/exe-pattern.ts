/** Whether a process runs an executable that a glob means: by its real path, or through symbolic links. */
import { readlinkSync } from 'node:fs';
import { startedAs } from './execution.ts';
import { globMatches } from './glob.ts';
import { GlobLinks } from './glob-links.ts';
import { fileIdentity } from './process.ts';

export class ExePattern {
  readonly glob: string;
  readonly #links: GlobLinks;
  readonly #sameNetwork: boolean;

  /** `sameNetwork`: only processes in our network namespace are meant, as those of our pod are. */
  constructor(glob: string, sameNetwork = false) {
    this.glob = glob;
    this.#sameNetwork = sameNetwork;
    this.#links = new GlobLinks(glob);
  }

  /** `exe` is what `/proc/<pid>/exe` says. */
  matches(pid: number, exe: string): boolean {
    return this.#isMeant(pid, exe) && !(this.#sameNetwork && foreignNamespaceOf(pid, 'net') !== undefined);
  }

  #isMeant(pid: number, exe: string): boolean {
    if (globMatches(this.glob, exe)) return true;
    const namespace = foreignNamespaceOf(pid, 'mnt');
    const root = namespace === undefined ? '' : `/proc/${pid}/root`;
    if (this.#links.leadTo(exe, root, namespace ?? '')) return true;
    const name = startedAs(pid);
    if (name === undefined || name === exe || !globMatches(this.glob, name)) return false;
    // A script was started by its name too, but runs another file.
    return fileIdentity(root + name) === fileIdentity(`/proc/${pid}/exe`);
  }
}

type NamespaceKind = 'mnt' | 'net';

const ownNamespaces = new Map<NamespaceKind, string | undefined>();

/** A namespace of a process if it is not ours. */
function foreignNamespaceOf(pid: number, kind: NamespaceKind): string | undefined {
  if (!ownNamespaces.has(kind)) ownNamespaces.set(kind, namespaceOf('self', kind));
  const namespace = namespaceOf(pid, kind);
  return namespace === ownNamespaces.get(kind) ? undefined : namespace;
}

/** Undefined if it cannot be read. */
function namespaceOf(pid: number | 'self', kind: NamespaceKind): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/${kind}`);
  } catch {
    return undefined;
  }
}
