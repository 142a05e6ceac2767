/** The container that a process runs in, from its cgroup paths or mounts. Pure. */

/** Docker, containerd, CRI-O and podman use 64 hex digits, AWS Fargate 32 and a number. */
const ID = '[0-9a-f]{64}|[0-9a-f]{32}-\\d{1,10}';

/** Last part of a cgroup path: `<id>`, `docker-<id>.scope`, `cri-containerd-<id>.scope`, `crio-<id>`. */
const LAST_PART = new RegExp(`^(?:(?:docker|cri-containerd|crio|libpod)-)?(${ID})(?:\\.scope)?$`);

/** A mount that the runtime makes from the container's own directory: `/etc/hostname`, `/etc/resolv.conf`. */
const CONTAINER_MOUNT = new RegExp(`/(?:overlay-)?containers/(${ID})/`);

/**
 * The container's id, or undefined. `cgroup` is `/proc/<pid>/cgroup`, of version 1 (a line per controller) or 2
 * (`0::/path`); `mountinfo` serves where a cgroup namespace hides the path, as in nested containers.
 */
export function containerIdOf(cgroup: string, mountinfo: string): string | undefined {
  for (const line of cgroup.split('\n')) {
    const parts = line.slice(line.indexOf(':', line.indexOf(':') + 1) + 1).split('/');
    // systemd inside a container adds slices of its own below the container's.
    for (const part of parts.reverse()) {
      const id = LAST_PART.exec(part.slice(part.lastIndexOf(':') + 1))?.[1];
      if (id !== undefined) return id;
    }
  }
  return CONTAINER_MOUNT.exec(mountinfo)?.[1];
}
