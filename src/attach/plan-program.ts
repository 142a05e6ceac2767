/** What is attached where in a Go program. */
import type { GoBinary } from '../binary/go-binary.ts';
import { GoidspanError } from '../errors.ts';
import { familiesOf } from '../probes/families.ts';
import { sourcesOf } from '../probes/fields.ts';
import { DEFAULT_LEVEL, type ProbeLevel, type RowPart } from '../probes/hook.ts';
import { type AttachPlan, type PlanOptions, planAttach } from '../probes/plan.ts';
import { hasSdk, sdk } from '../probes/sdk.ts';
import { DEFAULT_SDK_MODE, type SdkMode } from '../probes/sdk-mode.ts';
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
  /** What is done with a program that has an OpenTelemetry SDK. Default `join`. */
  readonly sdk?: SdkMode | undefined;
}

/** @throws {GoidspanError} `not_supported_binary`. */
export function planProgram(
  binary: GoBinary,
  { level = DEFAULT_LEVEL, sdk: mode = DEFAULT_SDK_MODE, ...options }: ProgramOptions,
): AttachPlan {
  if (mode === 'off') refuseSdk(binary);
  const families = familiesOf(level).filter((family) => family !== sdk || mode === 'join');
  const plan = planAttach(binary, families, undefined, options);
  for (const field of plan.fields) checkWindow(field.wanted, field.offset);
  return plan;
}

function refuseSdk(binary: GoBinary): void {
  if (!hasSdk(binary)) return;
  throw new GoidspanError(
    'not_supported_binary',
    'cannot trace the executable: it has an OpenTelemetry SDK of its own, and such programs are to be left alone (sdk: off; join has its spans and ours in one trace)',
  );
}

function checkWindow(field: string, offset: number | undefined): void {
  if (inWindow.has(field) && offset !== undefined && offset > wireLimit.GO_WINDOW_BYTES - 16) {
    throw new GoidspanError(
      'not_supported_binary',
      `cannot trace the executable: ${field} lies at offset ${offset}, beyond the ${wireLimit.GO_WINDOW_BYTES} bytes that are read (a newer goidspan may know this Go version)`,
    );
  }
}
