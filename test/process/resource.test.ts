import { describe, expect, it } from 'vitest';
import type { ProcessFacts } from '../../src/process/process.ts';
import { resourceOf } from '../../src/process/resource.ts';

const HOST = {
  name: 'node-7',
  id: 'd3adb33f',
  arch: 'amd64',
  bootId: '8c5b1c1e-0000-4000-8000-1234567890ab',
};

function facts(environment: Record<string, string> = {}, more: Partial<ProcessFacts> = {}): ProcessFacts {
  return {
    pid: 4242,
    startTicks: 987654,
    parentPid: 77,
    nsPids: [4242],
    exe: '/srv/shop',
    exeLink: '/srv/shop',
    openPath: '/srv/shop',
    environment: new Map(Object.entries(environment)),
    ...more,
  };
}

function attributesOf(target: ProcessFacts, serviceName?: string) {
  return resourceOf(target, { host: HOST, agentVersion: '1.2.3', goVersion: 'go1.26.8', serviceName })
    .attributes;
}

describe('resourceOf', () => {
  it('describes process, host and us', () => {
    expect(attributesOf(facts())).toEqual({
      'service.name': 'unknown_service:shop',
      'service.instance.id': expect.stringMatching(
        /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      ),
      'process.pid': 4242,
      'process.parent_pid': 77,
      'process.executable.name': 'shop',
      'process.executable.path': '/srv/shop',
      'process.runtime.name': 'go',
      'process.runtime.version': 'go1.26.8',
      'host.name': 'node-7',
      'host.id': 'd3adb33f',
      'host.arch': 'amd64',
      'os.type': 'linux',
      'telemetry.sdk.language': 'go',
      'telemetry.sdk.name': 'goidspan',
      'telemetry.sdk.version': '1.2.3',
      'telemetry.distro.name': 'goidspan',
      'telemetry.distro.version': '1.2.3',
    });
  });

  it.each([
    [
      'the option',
      'forced',
      { OTEL_SERVICE_NAME: 'env', OTEL_RESOURCE_ATTRIBUTES: 'service.name=attr' },
      'forced',
    ],
    [
      'OTEL_SERVICE_NAME',
      undefined,
      { OTEL_SERVICE_NAME: 'env', OTEL_RESOURCE_ATTRIBUTES: 'service.name=attr' },
      'env',
    ],
    ['OTEL_RESOURCE_ATTRIBUTES', undefined, { OTEL_RESOURCE_ATTRIBUTES: 'service.name=at%20tr' }, 'at tr'],
    ['the executable', undefined, { OTEL_SERVICE_NAME: '' }, 'unknown_service:shop'],
  ])('names the service by %s', (_source, option, environment, expected) => {
    expect(attributesOf(facts(environment), option)['service.name']).toBe(expected);
  });

  it('takes what the target declares before what was found, but for telemetry.*', () => {
    const declared = 'host.name=mine,deployment.environment.name=prod,telemetry.sdk.language=java';
    expect(attributesOf(facts({ OTEL_RESOURCE_ATTRIBUTES: declared }))).toMatchObject({
      'host.name': 'mine',
      'deployment.environment.name': 'prod',
      'telemetry.sdk.language': 'go',
    });
  });

  it('discards a malformed OTEL_RESOURCE_ATTRIBUTES as a whole', () => {
    const attributes = attributesOf(facts({ OTEL_RESOURCE_ATTRIBUTES: 'a=1,service.name=%zz' }));
    expect(attributes).not.toHaveProperty('a');
    expect(attributes['service.name']).toBe('unknown_service:shop');
  });

  it('has one service.instance.id per process: stable over attaches, new for a reused pid or a new boot', () => {
    const id = attributesOf(facts())['service.instance.id'];
    expect(attributesOf(facts({ X: '1' }))['service.instance.id']).toBe(id);
    expect(attributesOf(facts({}, { startTicks: 987655 }))['service.instance.id']).not.toBe(id);
    const rebooted = resourceOf(facts(), { host: { ...HOST, bootId: 'other' }, agentVersion: '1.2.3' });
    expect(rebooted.attributes['service.instance.id']).not.toBe(id);
  });

  it('names container and pid inside it', () => {
    expect(attributesOf(facts({}, { containerId: 'abc', nsPids: [4242, 1] }))).toMatchObject({
      'container.id': 'abc',
      'process.vpid': 1,
    });
  });

  it('is frozen', () => {
    const resource = resourceOf(facts(), { host: HOST, agentVersion: '1.2.3' });
    expect(Object.isFrozen(resource) && Object.isFrozen(resource.attributes)).toBe(true);
  });
});
