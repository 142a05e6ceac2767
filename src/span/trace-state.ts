/**
 * What OpenTelemetry says of sampling in a `tracestate`: how many traces one stands for (`th`), and by which random number
 * it was drawn (`rv`), in its member `ot`. Pure.
 * Source: https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/
 */

/** Of a threshold, and of a random number. */
const DIGITS = 14;
/** A trace is rejected if its random number is below its threshold: at this every one is. */
export const THRESHOLD_END = 1n << 56n;

export interface SamplingState {
  readonly threshold: bigint | undefined;
  readonly randomness: bigint | undefined;
}

/** What is not as the specification wants is not there. */
export function samplingStateOf(traceState: string): SamplingState {
  const fields = memberOf(traceState)?.slice(OT.length).split(';') ?? [];
  const fieldOf = (name: string) => fields.find((field) => field.startsWith(name))?.slice(name.length) ?? '';
  const [threshold, randomness] = [fieldOf(TH), fieldOf(RV)];
  return {
    threshold: /^[0-9a-f]{1,14}$/.test(threshold) ? BigInt(`0x${threshold.padEnd(DIGITS, '0')}`) : undefined,
    randomness: /^[0-9a-f]{14}$/.test(randomness) ? BigInt(`0x${randomness}`) : undefined,
  };
}

/** As `th` has it: hex digits without the zeros at their end. */
export function thresholdText(threshold: bigint): string {
  return threshold.toString(16).padStart(DIGITS, '0').replace(/0+$/, '') || '0';
}

/** With that `th`; what else it says stays, and what was changed comes first. */
export function withThreshold(traceState: string | undefined, threshold: string): string {
  const own = `${OT}${TH}${threshold}`;
  if (traceState === undefined) return own;
  const member = memberOf(traceState);
  const fields =
    member
      ?.slice(OT.length)
      .split(';')
      .filter((field) => !field.startsWith(TH)) ?? [];
  const others = membersOf(traceState).filter((other) => other !== member);
  return [[own, ...fields].join(';'), ...others].join(',');
}

const OT = 'ot=';
const TH = 'th:';
const RV = 'rv:';

const membersOf = (traceState: string): string[] => traceState.split(',').map((member) => member.trim());

const memberOf = (traceState: string): string | undefined =>
  membersOf(traceState).find((member) => member.startsWith(OT));
