/** Where a program is attached, and what it is told of the place. */
import type { ReturnSlot } from '../probes/hook.ts';
import { cookieBit } from '../wire/wire.gen.ts';

/** One place of one program. */
export interface AttachSite {
  readonly fileOffset: number;
  /** Address, less that at which the code of the program begins. */
  readonly codeOffset: number;
  /** Index of the ABIInternal register that holds the probe's argument. */
  readonly register: number;
  /** Tells sites of one program apart, 0–15; 0 by default. */
  readonly variant?: number;
  /** The site is the jump of a stack check: a hit at which it jumps does not count. */
  readonly ifStackSuffices: boolean;
  /** Where the return address of the function stands: see `ReturnSlot` of the probes. */
  readonly returnSlot: ReturnSlot;
}

/** The attach cookie, as `enum cookie_bit` has it. */
export function cookieOf(
  slot: number,
  { register, variant = 0, ifStackSuffices, returnSlot }: AttachSite,
): bigint {
  const frameStands = returnSlot === 'above_frame_pointer';
  const low =
    slot |
    (register << cookieBit.COOKIE_REGISTER_BIT) |
    (variant << cookieBit.COOKIE_VARIANT_BIT) |
    (Number(ifStackSuffices) << cookieBit.COOKIE_STACK_CHECK_BIT) |
    (Number(frameStands) << cookieBit.COOKIE_FRAME_STANDS_BIT);
  return (
    BigInt(low) | (BigInt(frameStands ? 0 : returnSlot.belowSp) << BigInt(cookieBit.COOKIE_BELOW_SP_BIT))
  );
}
