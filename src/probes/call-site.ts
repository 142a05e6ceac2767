/** A call within a function as a place to attach at. Data only. */

import type { ArgumentRegister } from '../binary/instruction.ts';
import type { SiteRule } from './hook.ts';

/** At the one call of that function, of several at the one behind a call of `after`: at the nop before it if there is one. */
export function atCallOf(of: string, arg: ArgumentRegister, after?: string): readonly SiteRule[] {
  const call = { of, ...(after !== undefined && { after }), arg };
  return [
    { at: 'nop5_before_call', ...call },
    { at: 'call', ...call },
  ];
}
