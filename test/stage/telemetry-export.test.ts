import { describe, expect, it } from 'vitest';
import { isTelemetryExport } from '../../src/stage/telemetry-export.ts';
import { makeFact } from '../span/fact.ts';

describe('a call that sends telemetry', () => {
  it.each([
    ['/v1/traces', true],
    ['/otlp/v1/metrics', true],
    ['/v1/logs', true],
    ['/api/v2/spans', true],
    ['/api/traces', true],
    ['/v1/traces/', false],
    ['/api/traces/4bf92f35', false],
    ['/v1/orders', false],
  ])('is known by its path: %s %s', (path, isOne) => {
    expect(isTelemetryExport(makeFact({ spanKind: 'client' }, { method: 'POST', path }))).toBe(isOne);
  });

  it('is no request that is served, nor one that asks', () => {
    const path = '/v1/traces';
    expect(isTelemetryExport(makeFact({ spanKind: 'server' }, { method: 'POST', path }))).toBe(false);
    expect(isTelemetryExport(makeFact({ spanKind: 'client' }, { method: 'GET', path }))).toBe(false);
  });
});
