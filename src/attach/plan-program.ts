/** What is attached where in a Go program. */
import type { GoBinary } from '../binary/go-binary.ts';
import { GoidspanError } from '../errors.ts';
import { familiesOf } from '../probes/families.ts';
import { sourcesOf } from '../probes/fields.ts';
import { DEFAULT_LEVEL, type ProbeLevel, type RowPart } from '../probes/hook.ts';
import { type AttachPlan, type PlanOptions, planAttach } from '../probes/plan.ts';
import { rowSources, wireLimit } from '../wire/wire.gen.ts';

/** Fields that BPF programs read as one block of limited size. */
const inWindow = new Set(
  sourcesOf(Object.keys(rowSources) as RowPart[])
    .filter((source) => source.inWindow)
    .map(({ name }) => name.replace(/\?$/, '')),
);

/** What decides how a program is planned. */
export interface ProgramOptions extends PlanOptions {
  /** As the kernel's side was loaded: what is not there cannot be attached. Default `spans`. */
  readonly level?: ProbeLevel | undefined;
}

/** @throws {GoidspanError} `not_supported_binary`. */
export function planProgram(
  binary: GoBinary,
  { level = DEFAULT_LEVEL, ...options }: ProgramOptions,
): AttachPlan {
  const plan = planAttach(binary, familiesOf(level), undefined, options);
  for (const field of plan.fields) checkWindow(field.wanted, field.offset);
  return plan;
}

function checkWindow(field: string, offset: number | undefined): void {
  if (inWindow.has(field) && offset !== undefined && offset > wireLimit.GO_WINDOW_BYTES - 16) {
    throw new GoidspanError(
      'not_supported_binary',
      `cannot trace the executable: ${field} lies at offset ${offset}, beyond the ${wireLimit.GO_WINDOW_BYTES} bytes that are read (a newer goidspan may know this Go version)`,
    );
  }
}
