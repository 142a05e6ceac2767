/** BPF programs that this process holds, as the kernel tells it. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** What `/proc` says of each of the descriptors of this process. */
export function descriptors(): string[] {
  return readdirSync('/proc/self/fdinfo').flatMap((fd) => {
    try {
      return readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8');
    } catch {
      return []; // closed meanwhile
    }
  });
}

/** The id of the program of a descriptor, which is the program itself or a link of it. */
export const programIdOf = (descriptor: string): string | undefined =>
  /^prog_id:\s*(\d+)/m.exec(descriptor)?.[1];

/** Ids of the programs that are attached, each once. */
export function attachedIds(): string[] {
  const links = descriptors().filter((descriptor) => /^link_type:/m.test(descriptor));
  return [...new Set(links.flatMap((link) => programIdOf(link) ?? []))].sort();
}

/** The kernel cuts names at 15 characters; bpftool completes them from BTF. */
export function programName(id: string): string {
  const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` };
  return JSON.parse(execFileSync('bpftool', ['-j', 'prog', 'show', 'id', id], { encoding: 'utf8', env }))
    .name;
}
