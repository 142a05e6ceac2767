/** `OTEL_TRACES_SAMPLER` as the numbers that the kernel decides by. Pure. */

/** What the kernel needs to decide for a trace. */
export interface SamplerSettings {
  /** The sampled flag of a remote parent decides; the threshold only for traces that start here. */
  readonly parentBased: boolean;
  /**
   * A trace is dropped if the last 56 bits of its id are below this: 0 keeps all, 2^56 none.
   * Source: https://www.w3.org/TR/trace-context-2/#random-trace-id-flag and OpenTelemetry's TraceState probability sampling.
   */
  readonly rejectBelow: bigint;
}

const KEEP_ALL = 0n;
const KEEP_NONE = 1n << 56n;

/** The specification's default, `parentbased_always_on`. */
export const DEFAULT_SAMPLER: SamplerSettings = { parentBased: true, rejectBelow: KEEP_ALL };

/**
 * Reads `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`. An unknown sampler or a ratio outside 0–1 is said
 * through `warn` and replaced by the default, as the specification wants.
 */
export function samplerOf(env: NodeJS.ProcessEnv, warn: (message: string) => void): SamplerSettings {
  const name = env['OTEL_TRACES_SAMPLER']?.trim().toLowerCase() || 'parentbased_always_on';
  const parentBased = name.startsWith('parentbased_');
  switch (name.replace('parentbased_', '')) {
    case 'always_on':
      return { parentBased, rejectBelow: KEEP_ALL };
    case 'always_off':
      return { parentBased, rejectBelow: KEEP_NONE };
    case 'traceidratio':
      return { parentBased, rejectBelow: thresholdOf(env['OTEL_TRACES_SAMPLER_ARG'], warn) };
    default:
      warn(`OTEL_TRACES_SAMPLER=${name} is not supported (using parentbased_always_on)`);
      return DEFAULT_SAMPLER;
  }
}

function thresholdOf(argument: string | undefined, warn: (message: string) => void): bigint {
  if (!argument?.trim()) return KEEP_ALL;
  const ratio = Number(argument);
  if (!(ratio >= 0 && ratio <= 1)) {
    warn(`OTEL_TRACES_SAMPLER_ARG=${argument} is not a ratio from 0 to 1 (using 1)`);
    return KEEP_ALL;
  }
  return rejectBelowOf(ratio);
}

/** The threshold that keeps this share of the traces, 0 to 1. */
export function rejectBelowOf(ratio: number): bigint {
  return BigInt(Math.round((1 - ratio) * 2 ** 56));
}
