import { describe, expect, it } from 'vitest';
import { containerIdOf } from '../../src/process/container-id.ts';

const ID = 'a3f'.padEnd(64, '0123456789abcdef');

describe('containerIdOf', () => {
  it.each([
    ['Docker with cgroup v1', `12:memory:/docker/${ID}\n11:cpu,cpuacct:/docker/${ID}\n`],
    ['Docker with systemd and cgroup v2', `0::/system.slice/docker-${ID}.scope\n`],
    ['containerd in Kubernetes, v1', `5:pids:/kubepods/besteffort/pod6b1f/${ID}\n`],
    ['containerd in Kubernetes, v2', `0::/kubepods.slice/kubepods-pod6b.slice/cri-containerd-${ID}.scope\n`],
    [
      'containerd with a cgroup namespace prefix',
      `0::/system.slice/containerd.service/kubepods-x:cri-containerd:${ID}\n`,
    ],
    ['CRI-O', `0::/kubepods.slice/crio-${ID}.scope\n`],
    ['podman', `0::/machine.slice/libpod-${ID}.scope/container\n`],
    ['systemd inside a container', `0::/docker/${ID}/init.scope\n`],
  ])('knows %s', (_name, cgroup) => {
    expect(containerIdOf(cgroup, '')).toBe(ID);
  });

  it('knows AWS Fargate', () => {
    const task = '447438d6540b3d2b3d9a61ad0fd4b9d7-2531612879';
    expect(containerIdOf(`9:perf_event:/ecs/447438d6/${task}\n`, '')).toBe(task);
  });

  it('falls back to the mounts where a cgroup namespace hides the path', () => {
    const mount = `602 570 8:1 /var/lib/docker/containers/${ID}/hostname /etc/hostname rw - ext4 /dev/sda1 rw\n`;
    expect(containerIdOf('0::/\n', mount)).toBe(ID);
  });

  it('does not take a pod sandbox or the monitor of CRI-O for the container', () => {
    const sandbox = `1 2 8:1 /run/containerd/io.containerd.grpc.v1.cri/sandboxes/${ID}/hostname /etc/hostname rw -\n`;
    expect(containerIdOf(`0::/system.slice/crio-conmon-${ID}.scope\n`, sandbox)).toBeUndefined();
  });

  it.each(['', '0::/', '0::/user.slice/session-1.scope', ':::', '\0'])('finds none in %j', (cgroup) => {
    expect(containerIdOf(cgroup, '')).toBeUndefined();
  });
});
