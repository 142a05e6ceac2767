/**
 * With which probability a trace is kept that is drawn by its id, and one that is kept anyway: what backends extrapolate by.
 * Both have passed who sampled them before; of what those let through the ratio is drawn, by the same random bits, so that
 * several hosts draw the same traces.
 */
import type { SamplerSettings } from '../export/sampler.ts';
import { type SamplingState, samplingStateOf, THRESHOLD_END, thresholdText } from '../span/trace-state.ts';

/** 56 bits, in two numbers that are exact. */
export interface Bits56 {
  readonly high: number;
  readonly low: number;
}

export interface Odds {
  /** `th` of a trace that is kept anyway; undefined: not known how many it stands for. */
  readonly anyway: string | undefined;
  /** A trace is drawn if its random bits are not below. */
  readonly rejectBelow: Bits56;
  /** `th` of a trace that is drawn. */
  readonly drawn: string | undefined;
}

const LOW_BITS = 32n;

export const bitsOf = (value: bigint): Bits56 => ({
  high: Number(value >> LOW_BITS),
  low: Number(value & 0xffff_ffffn),
});

export const isDrawn = ({ rejectBelow }: Odds, { high, low }: Bits56): boolean =>
  high > rejectBelow.high || (high === rejectBelow.high && low >= rejectBelow.low);

export class KeepOdds {
  /** Of a trace that begins here. */
  readonly own: Odds;
  readonly #ratio: number;
  readonly #sampler: SamplerSettings;
  /** Of one that came from elsewhere, where nothing is said of how it was sampled. */
  readonly #foreign: Odds;

  constructor(ratio: number, sampler: SamplerSettings) {
    this.#ratio = ratio;
    this.#sampler = sampler;
    this.own = this.#odds(sampler.rejectBelow);
    // Who sampled it by its id, as here, has let through at least as much; if nobody sampled it, this is the probability.
    this.#foreign = sampler.parentBased
      ? { ...this.own, anyway: undefined, ...(ratio === 1 && { drawn: undefined }) }
      : this.own;
  }

  /** Of a request with a remote parent; of its random bits, if it brings its own. */
  ofRemote(traceState: string | undefined): { readonly odds: Odds; readonly bits: Bits56 | undefined } {
    const state = traceState === undefined ? undefined : samplingStateOf(traceState);
    return {
      odds: state?.threshold === undefined ? this.#foreign : this.#odds(this.#passed(state.threshold)),
      bits: state?.randomness === undefined ? undefined : bitsOf(state.randomness),
    };
  }

  /** The threshold that a trace has passed which came with another one. */
  #passed(theirs: NonNullable<SamplingState['threshold']>): bigint {
    const { parentBased, rejectBelow } = this.#sampler;
    return parentBased || theirs > rejectBelow ? theirs : rejectBelow;
  }

  #odds(passed: bigint): Odds {
    const passing = THRESHOLD_END - passed;
    const rejectBelow = THRESHOLD_END - BigInt(Math.round(Number(passing) * this.#ratio));
    return {
      anyway: thresholdText(passed),
      rejectBelow: bitsOf(rejectBelow),
      drawn: thresholdText(rejectBelow),
    };
  }
}
