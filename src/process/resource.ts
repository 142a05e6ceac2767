/**
 * The OpenTelemetry resource of a target: its own environment first, then what `/proc` and the host say.
 * Pure. The environment of *our* process has no part in it.
 */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { parseResourceAttributes } from './environment.ts';
import type { HostFacts } from './host.ts';
import type { ProcessFacts } from './process.ts';

/** What the resource needs beside the process. */
export interface ResourceOptions {
  readonly host: HostFacts;
  /** Version of this package. */
  readonly agentVersion: string;
  /** Overrides every other source of `service.name`. */
  readonly serviceName?: string | undefined;
  /** `runtime.buildVersion` of the binary, e.g. `go1.26.8`. */
  readonly goVersion?: string | undefined;
  /** Told of the member of `OTEL_RESOURCE_ATTRIBUTES` for which all of it is ignored. */
  readonly onMalformed?: (member: string) => void;
}

/** The attributes of one target; strings, numbers. */
export type ResourceAttributes = Readonly<Record<string, string | number>>;

/**
 * Makes the attributes of a target, frozen. What the target's `OTEL_RESOURCE_ATTRIBUTES` says wins over what was
 * found; only `telemetry.*`, which names us, cannot be overridden.
 * `process.*`, `host.*` and `os.*` are in development in the conventions 1.45; the rest is stable.
 */
export function resourceOf(
  facts: ProcessFacts,
  options: ResourceOptions,
): { attributes: ResourceAttributes } {
  const declared = parseResourceAttributes(
    facts.environment.get('OTEL_RESOURCE_ATTRIBUTES') ?? '',
    options.onMalformed,
  );
  const exeName = basename(facts.exe);
  const serviceName =
    options.serviceName ||
    facts.environment.get('OTEL_SERVICE_NAME') ||
    declared.get('service.name') ||
    `unknown_service:${exeName}`;
  const vpid = facts.nsPids.at(-1);
  const { host } = options;
  const attributes: ResourceAttributes = {
    'service.instance.id': instanceId(facts, host),
    'process.pid': facts.pid,
    'process.parent_pid': facts.parentPid,
    ...(vpid !== undefined && vpid !== facts.pid && { 'process.vpid': vpid }),
    'process.executable.name': exeName,
    'process.executable.path': facts.exe,
    'process.runtime.name': 'go',
    ...(options.goVersion !== undefined && { 'process.runtime.version': options.goVersion }),
    'host.name': host.name,
    ...(host.id !== undefined && { 'host.id': host.id }),
    'host.arch': host.arch,
    'os.type': 'linux',
    ...(facts.containerId !== undefined && { 'container.id': facts.containerId }),
    ...Object.fromEntries(declared),
    'service.name': serviceName,
    'telemetry.sdk.language': 'go',
    'telemetry.sdk.name': 'goidspan',
    'telemetry.sdk.version': options.agentVersion,
    'telemetry.distro.name': 'goidspan',
    'telemetry.distro.version': options.agentVersion,
  };
  return Object.freeze({ attributes: Object.freeze(attributes) });
}

/** Namespace for `service.instance.id` as the conventions fix it (registry of `service.*`). */
const INSTANCE_NAMESPACE = Buffer.from('4d63009a8d0f11eeaad74c796ed8e320', 'hex');

/** A UUID of version 5 (RFC 9562, 5.5) over boot, pid and start time: the same for every attach to one process. */
function instanceId(facts: ProcessFacts, host: HostFacts): string {
  const uuid = createHash('sha1')
    .update(INSTANCE_NAMESPACE)
    .update(`${host.bootId}:${facts.pid}:${facts.startTicks}`)
    .digest()
    .subarray(0, 16);
  uuid.writeUInt8((uuid.readUInt8(6) & 0x0f) | 0x50, 6);
  uuid.writeUInt8((uuid.readUInt8(8) & 0x3f) | 0x80, 8);
  return uuid.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
