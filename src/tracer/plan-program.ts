/** What is attached where in a Go program. */
import type { GoBinary } from '../binary/go-binary.ts';
import { GoidspanError } from '../errors.ts';
import { families } from '../probes/families.ts';
import { type AttachPlan, type PlanOptions, planAttach } from '../probes/plan.ts';
import { targetRowGoFields, wireLimit } from '../wire/wire.gen.ts';

/** @throws {GoidspanError} `not_supported_binary`. */
export function planProgram(binary: GoBinary, options: PlanOptions): AttachPlan {
  const plan = planAttach(binary, families, Object.values(targetRowGoFields), options);
  for (const field of plan.fields) checkWindow(field.wanted, field.offset);
  return plan;
}

/** BPF programs read the fields of `net/http` and `net/url` structs as one block of limited size. */
function checkWindow(field: string, offset: number | undefined): void {
  const isInWindow = /^net\/(http\.(Request|Response|response)|url\.URL)\./.test(field);
  if (isInWindow && offset !== undefined && offset > wireLimit.GO_WINDOW_BYTES - 16) {
    throw new GoidspanError(
      'not_supported_binary',
      `cannot trace the executable: ${field} lies at offset ${offset}, beyond the ${wireLimit.GO_WINDOW_BYTES} bytes that are read (a newer goidspan may know this Go version)`,
    );
  }
}
