/** A cgroup with a CPU quota for a process of a test: by version 2 where that has the controller, else by version 1. */

import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Requirement } from './capabilities.ts';

const periodUs = 100_000;

interface Hierarchy {
  readonly root: string;
  readonly isUnified: boolean;
}

/** The mounted hierarchy that has the CPU controller. */
function hierarchy(): Hierarchy | undefined {
  for (const line of readFileSync('/proc/mounts', 'utf8').split('\n')) {
    const [, root = '', type, options = ''] = line.split(' ');
    if (type === 'cgroup' && options.split(',').includes('cpu')) return { root, isUnified: false };
    if (type === 'cgroup2' && /\bcpu\b/.test(readFileSync(join(root, 'cgroup.controllers'), 'utf8'))) {
      return { root, isUnified: true };
    }
  }
  return undefined;
}

/** May this process make a cgroup with a quota? */
export const cpuQuotas: Requirement = () => {
  const found = hierarchy();
  if (found === undefined) return 'no cgroup hierarchy with the CPU controller is mounted';
  try {
    accessSync(found.root, constants.W_OK);
    if (found.isUnified) accessSync(join(found.root, 'cgroup.subtree_control'), constants.W_OK);
  } catch {
    return `${found.root} is not to be written to`;
  }
  return undefined;
};

export class CpuQuota {
  readonly #path: string;

  /** Puts a process, with all of its threads, under a quota of so many tenths of a processor. */
  constructor(pid: number, tenths: number) {
    const found = hierarchy();
    if (found === undefined) throw new Error('no CPU controller');
    this.#path = join(found.root, `goidspan-test-${pid}`);
    const write = (name: string, text: string | number): void =>
      writeFileSync(join(this.#path, name), String(text));
    if (found.isUnified) writeFileSync(join(found.root, 'cgroup.subtree_control'), '+cpu');
    mkdirSync(this.#path);
    const quotaUs = (periodUs * tenths) / 10;
    if (found.isUnified) write('cpu.max', `${quotaUs} ${periodUs}`);
    else {
      write('cpu.cfs_period_us', periodUs);
      write('cpu.cfs_quota_us', quotaUs);
    }
    write('cgroup.procs', pid);
  }

  /** Once its process has ended. */
  remove(): void {
    if (existsSync(this.#path)) rmdirSync(this.#path);
  }
}
