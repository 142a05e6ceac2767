/** Whether a local root has failed, and by what requests are like others, read from its record. */
import { endingOf } from '../correlate/endings.ts';
import { isFailure } from '../span/outcome.ts';
import type { Batch } from '../wire/batch.ts';
import { familyAt, fieldAt } from '../wire/fields.ts';
import { familyNames, type SpanFamily, spanKind } from '../wire/wire.gen.ts';
import type { FamilyRoot, RootRoute } from './family-root.ts';
import { grpcRoot } from './grpc-root.ts';
import { httpRoot } from './http-root.ts';

const KIND_AT = fieldAt('EV_SPAN_END', 'span_kind');
const ENDING_AT = fieldAt('EV_SPAN_END', 'ending');
const ERROR_TYPE_AT = fieldAt('EV_SPAN_END', 'error_type_addr');

/** Its spans fail by how they end, and by errors of the call, only. */
const SILENT: FamilyRoot = { hasFailed: () => false };

/** A family that is in `wire.h` and not here does not compile. */
const roots: Readonly<Record<SpanFamily, FamilyRoot>> = {
  http: httpRoot,
  db: SILENT,
  grpc: grpcRoot,
  wait: SILENT,
};
const byNumber: Readonly<Record<number, FamilyRoot>> = Object.fromEntries(
  Object.entries(familyNames).map(([number, family]) => [number, roots[family]]),
);

/** As `outcomeOf` has it of the span. */
export function hasFailed(batch: Batch, at: number): boolean {
  const { u8, u32 } = batch;
  const error = (at + ERROR_TYPE_AT) >>> 2;
  if (u32[error] !== 0 || u32[error + 1] !== 0) return true;
  if (isFailure(endingOf(u8[at + ENDING_AT] as number))) return true;
  return byNumber[familyAt(batch, at)]?.hasFailed(batch, at) === true;
}

/** Undefined for what is no request. */
export function routeOfRoot(batch: Batch, at: number): RootRoute | undefined {
  if (batch.u8[at + KIND_AT] !== spanKind.SPAN_KIND_SERVER) return undefined;
  return byNumber[familyAt(batch, at)]?.route;
}
