/** The manifests of `otel-config/kubernetes`, and their agent as a container runtime would start it here. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { sqliteNode } from '../../.scripts/lib/nodes.mjs';
import { Child } from './child.ts';
import { goidspanMain } from './command.ts';

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly securityContext: {
    readonly privileged?: boolean;
    readonly allowPrivilegeEscalation: boolean;
    readonly readOnlyRootFilesystem: boolean;
    readonly capabilities: { readonly drop: readonly string[]; readonly add?: readonly string[] };
    readonly seccompProfile: { readonly type: string };
  };
  readonly startupProbe?: { readonly exec: { readonly command: readonly string[] } };
  readonly livenessProbe?: object;
  readonly resources: { readonly limits: { readonly memory: string } };
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}

export interface PodSpec {
  readonly hostPID?: boolean;
  readonly automountServiceAccountToken?: boolean;
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
  readonly volumes: readonly { readonly name: string; readonly emptyDir?: { readonly sizeLimit?: string } }[];
}

export interface Manifest {
  readonly kind: string;
  readonly spec: { readonly template: { readonly spec: PodSpec } };
}

const folder = new URL('../../otel-config/kubernetes/', import.meta.url);

/** All documents of a file. */
export function manifests(name: string): Manifest[] {
  const text = readFileSync(fileURLToPath(new URL(name, folder)), 'utf8');
  return parseAllDocuments(text, { strict: true }).map((document) => {
    if (document.errors.length > 0) throw new Error(`${name}: ${document.errors.join('; ')}`);
    return document.toJS() as Manifest;
  });
}

/** The containers of a file, those of sidecars first. */
export const containersOf = (name: string): Container[] =>
  manifests(name).flatMap(({ spec }) => [
    ...(spec?.template?.spec.initContainers ?? []),
    ...(spec?.template?.spec.containers ?? []),
  ]);

/** Its root is read-only but for the store; no new privileges. */
const ISOLATED = 'mount --bind "$1" "$1" && mount -o remount,bind,ro / && shift && exec "$@"';

/** What differs here: `replace` in arguments and environment, a writable folder, the capabilities if they are others. */
interface Place {
  readonly replace: Readonly<Record<string, string>>;
  readonly store: string;
  readonly capabilities?: readonly string[];
}

/** Starts a container's command with exactly the rights that its manifest gives it; it ends with the test. */
export async function startContainer(container: Container, { replace, store, capabilities }: Place) {
  const here = (text: string) =>
    Object.entries(replace).reduce((now, [from, to]) => now.replaceAll(from, to), text);
  const names = capabilities ?? container.securityContext.capabilities.add ?? [];
  const set = ['-all', ...names.map((name) => `+${name.toLowerCase()}`)].join(',');
  const node = await sqliteNode();
  const rights = ['setpriv', '--no-new-privs', `--bounding-set=${set}`, `--inh-caps=${set}`];
  const env = container.env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, here(value)]]));
  const agent = new Child(
    'unshare',
    [
      ...['--mount', '--propagation', 'private', 'sh', '-c', ISOLATED, 'sh', store],
      ...[...rights, node, goidspanMain, ...container.args.map(here)],
    ],
    { env: { ...(Object.fromEntries(env) as Record<string, string>), HOME: '/root' } },
  );
  onTestFinished(() => void agent.stop());
  return agent;
}

/** The exit code of its probe, as the kubelet would start it. */
export async function probe(
  { startupProbe }: Container,
  replace: Readonly<Record<string, string>>,
): Promise<number | string> {
  const [, ...args] = startupProbe?.exec.command ?? [];
  const here = args.map((text) =>
    Object.entries(replace).reduce((now, [from, to]) => now.replaceAll(from, to), text),
  );
  return await new Child(await sqliteNode(), here).ended;
}
