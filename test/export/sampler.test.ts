import { describe, expect, it } from 'vitest';
import { samplerOf } from '../../src/export/sampler.ts';

const ALL = 0n;
const NONE = 2n ** 56n;

function read(env: NodeJS.ProcessEnv) {
  const warnings: string[] = [];
  return { ...samplerOf(env, (message) => warnings.push(message)), warnings };
}

describe('samplerOf', () => {
  it.each([
    [undefined, undefined, true, ALL],
    ['', undefined, true, ALL],
    ['always_on', undefined, false, ALL],
    ['always_off', undefined, false, NONE],
    ['traceidratio', '0.25', false, (NONE * 3n) / 4n],
    ['parentbased_always_on', undefined, true, ALL],
    ['parentbased_always_off', undefined, true, NONE],
    ['parentbased_traceidratio', '0.5', true, NONE / 2n],
    ['parentbased_traceidratio', '0', true, NONE],
    ['parentbased_traceidratio', '1', true, ALL],
    ['traceidratio', undefined, false, ALL],
    [' Always_On ', undefined, false, ALL],
  ])('reads %j with argument %j', (name, argument, parentBased, rejectBelow) => {
    const env = { OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: argument };
    expect(read(env)).toEqual({ parentBased, rejectBelow, warnings: [] });
  });

  it('keeps the wanted share of random ids', () => {
    const { rejectBelow } = read({ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.1' });
    expect(Number(NONE - rejectBelow) / Number(NONE)).toBeCloseTo(0.1, 12);
  });

  it.each(['jaeger_remote', 'parentbased_', 'xray'])(
    'warns of the sampler %j and uses the default',
    (name) => {
      expect(read({ OTEL_TRACES_SAMPLER: name })).toEqual({
        parentBased: true,
        rejectBelow: ALL,
        warnings: [`OTEL_TRACES_SAMPLER=${name} is not supported (using parentbased_always_on)`],
      });
    },
  );

  it.each(['1.5', '-1', 'half', 'NaN'])('warns of the ratio %j and keeps all', (argument) => {
    const env = { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: argument };
    expect(read(env)).toEqual({
      parentBased: false,
      rejectBelow: ALL,
      warnings: [`OTEL_TRACES_SAMPLER_ARG=${argument} is not a ratio from 0 to 1 (using 1)`],
    });
  });
});
