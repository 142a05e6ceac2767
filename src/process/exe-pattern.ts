/** Whether a process runs an executable that a glob means: by its real path, or through symbolic links. */
import { readlinkSync } from 'node:fs';
import { startedAs } from './execution.ts';
import { globMatches } from './glob.ts';
import { GlobLinks } from './glob-links.ts';
import { fileIdentity } from './process.ts';

export class ExePattern {
  readonly glob: string;
  readonly #links: GlobLinks;

  constructor(glob: string) {
    this.glob = glob;
    this.#links = new GlobLinks(glob);
  }

  /** `exe` is what `/proc/<pid>/exe` says. */
  matches(pid: number, exe: string): boolean {
    if (globMatches(this.glob, exe)) return true;
    const namespace = foreignNamespaceOf(pid);
    const root = namespace === undefined ? '' : `/proc/${pid}/root`;
    if (this.#links.leadTo(exe, root, namespace ?? '')) return true;
    const name = startedAs(pid);
    if (name === undefined || name === exe || !globMatches(this.glob, name)) return false;
    // A script was started by its name too, but runs another file.
    return fileIdentity(root + name) === fileIdentity(`/proc/${pid}/exe`);
  }
}

let ownNamespace: string | undefined;

/** The mount namespace of a process if it is not ours. */
function foreignNamespaceOf(pid: number): string | undefined {
  ownNamespace ??= namespaceOf('self');
  const namespace = namespaceOf(pid);
  return namespace === ownNamespace ? undefined : namespace;
}

function namespaceOf(pid: number | 'self'): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`);
  } catch {
    return undefined;
  }
}
