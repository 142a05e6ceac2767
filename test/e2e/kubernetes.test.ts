/** The manifests for Kubernetes: what they are, and that their agent traces with the rights that they give it. */
import { randomUUID } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { describeWith, go, kernel, type Requirement } from '../support/capabilities.ts';
import { Child, eventually } from '../support/child.ts';
import { temporaryFolder } from '../support/command.ts';
import { buildGo } from '../support/go-build.ts';
import { GoServer } from '../support/go-server.ts';
import { faultsOf, kubernetesTypes } from '../support/kubernetes-types.ts';
import {
  type Container,
  containersOf,
  manifests,
  type PodSpec,
  probe,
  startContainer,
} from '../support/manifests.ts';
import { decodeMetrics } from '../support/otlp-metrics.ts';
import { freePorts } from '../support/peers.ts';
import { isOfMetrics, ScriptedSink } from '../support/scripted-sink.ts';

const files = ['daemonset.yaml', 'sidecar.yaml', 'gateway.yaml'];

describeWith([go], 'the manifests', () => {
  it('are what the types of the Kubernetes API say', () => {
    const types = kubernetesTypes();
    for (const file of files)
      for (const manifest of manifests(file)) expect(faultsOf(types, manifest.kind, manifest)).toEqual([]);
    const [, , daemonSet] = manifests('daemonset.yaml');
    const wrong = JSON.parse(
      JSON.stringify(daemonSet)
        .replace('"hostPID":true', '"hostPid":true')
        .replace('"runAsUser":0', '"runAsUser":"root"')
        .replace('"operator":"Exists"', '"operator":"Exist"')
        .replace('"name":"store","mountPath"', '"name":"store","path"'),
    );
    const faults = faultsOf(types, 'DaemonSet', wrong).join('\n');
    for (const fault of [
      'hostPid: no such field',
      'runAsUser: no int64',
      'Exist is none of',
      'mountPath is missing',
    ])
      expect(faults).toContain(fault);
  });
});

describe('a pod of the manifests', () => {
  const pods = files.flatMap((file) =>
    manifests(file).flatMap(({ spec }): PodSpec[] => (spec?.template ? [spec.template.spec] : [])),
  );

  it('has no more rights than it needs, limits of what it takes, and a probe', () => {
    expect(pods).toHaveLength(3);
    for (const { automountServiceAccountToken, containers, initContainers = [], volumes } of pods) {
      expect(automountServiceAccountToken).toBe(false);
      for (const { name, securityContext, resources, livenessProbe } of [...containers, ...initContainers]) {
        expect(securityContext).toMatchObject({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
          seccompProfile: { type: 'RuntimeDefault' },
        });
        expect(securityContext.privileged).toBeUndefined();
        expect(securityContext.capabilities.add ?? []).toEqual(
          name === 'goidspan' ? ['BPF', 'PERFMON', 'SYS_PTRACE', 'DAC_READ_SEARCH'] : [],
        );
        expect(resources.limits.memory).toMatch(/Mi$/);
        if (name !== 'shop') expect(livenessProbe).toBeDefined();
      }
      for (const { emptyDir } of volumes) if (emptyDir) expect(emptyDir.sizeLimit).toMatch(/i$/);
    }
  });
});

const asRoot: Requirement = () => (process.getuid?.() === 0 ? undefined : 'needs root');
const NOBODY = 65_534;

/** A service of another user, whose executable everybody may read; `prefix` starts it in a namespace of its own. */
async function service(
  prefix: readonly string[] = [],
): Promise<{ folder: string; binary: string; server: GoServer }> {
  const folder = await temporaryFolder();
  chmodSync(folder, 0o755);
  const binary = join(folder, 'shop');
  copyFileSync(await buildGo({ dir: 'test/fixtures/acceptance/hello', name: 'acceptance-hello' }), binary);
  const [program = '', ...args] = [...prefix, 'setpriv', `--reuid=${NOBODY}`, '--clear-groups', binary];
  const server = await GoServer.of(new Child(program, args));
  onTestFinished(() => server.stop());
  return { folder, binary, server };
}

/** The agent of a file, and what differs here; its store is a folder of its own. */
function agentOf(file: string, { folder, binary }: { folder: string; binary: string }, sink: ScriptedSink) {
  const [container] = containersOf(file) as [Container];
  const store = join(folder, `store-${randomUUID()}`);
  mkdirSync(store);
  const replace = {
    '/srv/**': binary,
    '/srv/shop': binary,
    '/var/lib/goidspan': store,
    'http://goidspan-gateway.goidspan.svc:4317': sink.url,
  };
  return { container, store, replace };
}

describeWith([kernel, go, asRoot], 'the agent of the manifests', () => {
  let sink: ScriptedSink;
  beforeAll(async () => {
    sink = await ScriptedSink.start({ protocol: 'grpc' });
  });
  afterAll(() => sink?.close());

  it('traces a service of another user with the rights of the DaemonSet, is ready, and counts what it refuses', async () => {
    const shop = await service();
    const { container, store, replace } = agentOf('daemonset.yaml', shop, sink);
    const [port] = await freePorts(1);
    const here = { ...replace, '/srv/**': `${shop.folder}/**`, '7777': `${port}` };
    copyFileSync('/bin/sleep', join(shop.folder, 'no-go'));
    const other = new Child(join(shop.folder, 'no-go'), ['60']);
    onTestFinished(() => void other.stop());
    const agent = await startContainer(container, { replace: here, store });
    await agent.output(/attached to/);
    await eventually('probe', 10_000, async () => ((await probe(container, here)) === 0 ? true : undefined));
    for (let i = 0; i < 10; i++) await shop.server.get('/');
    expect(await agent.stop('SIGTERM')).toBe(0);
    expect(sink.acceptedSpans).toBeGreaterThanOrEqual(10);
    expect(await probe(container, here)).toBe(1);
    const told = sink.requests.findLast(({ path }) => isOfMetrics(path))?.message ?? Buffer.alloc(0);
    const notes = decodeMetrics(told).metrics['goidspan.notes'] ?? [];
    const refused = notes.find(({ attributes }) => attributes['goidspan.note'] === 'targets_refused');
    expect(refused?.value).toBe(1);
  }, 60_000);

  it('lacks something without each of its capabilities', async () => {
    const shop = await service();
    const { container } = agentOf('daemonset.yaml', shop, sink);
    const all = container.securityContext.capabilities.add ?? [];
    const said = await Promise.all(
      all.map(async (without) => {
        const { store, replace } = agentOf('daemonset.yaml', shop, sink);
        const agent = await startContainer(container, {
          store,
          replace: { ...replace, '--page-port=7777': '--duration=1' },
          capabilities: all.filter((name) => name !== without),
        });
        return [without, await agent.ended, agent.stderr];
      }),
    );
    const loads = expect.stringContaining('cannot load BPF programs: EPERM');
    expect(said).toEqual([
      ['BPF', 3, loads],
      ['PERFMON', 3, loads],
      ['SYS_PTRACE', 3, expect.stringContaining('nothing was attached')],
      [
        'DAC_READ_SEARCH',
        3,
        expect.stringMatching(
          /^goidspan: cannot read process \d+: permission denied .*CAP_DAC_READ_SEARCH[\s\S]*nothing was attached/m,
        ),
      ],
    ]);
  }, 60_000);

  it('traces as a sidecar the service of its own pod alone', async () => {
    const shop = await service();
    const other = new Child('unshare', ['--net', 'sh', '-c', `ip link set lo up; exec ${shop.binary}`]);
    onTestFinished(() => void other.stop());
    await other.output(/^listening/m);
    const { container, store, replace } = agentOf('sidecar.yaml', shop, sink);
    const agent = await startContainer(container, { replace: { ...replace, '7777': '0' }, store });
    await agent.output(/attached to/);
    await shop.server.get('/');
    await agent.stop('SIGTERM');
    expect(agent.stderr).toMatch(/targets +1\n/);
    expect(agent.stderr).toContain(`pid ${shop.server.pid}`);
  }, 60_000);
});
