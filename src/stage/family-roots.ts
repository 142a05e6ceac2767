/** Whether a local root has failed, and by what requests are like others, read from its record. */
import { endingOf } from '../correlate/endings.ts';
import { isFailure } from '../span/outcome.ts';
import { type EvSpanEnd, familyNames, type SpanFamily, spanKind } from '../wire/wire.gen.ts';
import type { FamilyRoot, RootRoute } from './family-root.ts';
import { httpRoot } from './http-root.ts';

/** Its spans fail by how they end, and by errors of the call, only. */
const SILENT: FamilyRoot = { hasFailed: () => false };

/** A family that is in `wire.h` and not here does not compile. */
const roots: Readonly<Record<SpanFamily, FamilyRoot>> = {
  http: httpRoot,
  db: SILENT,
  wait: SILENT,
};
const byNumber: Readonly<Record<number, FamilyRoot>> = Object.fromEntries(
  Object.entries(familyNames).map(([number, family]) => [number, roots[family]]),
);

/** As `outcomeOf` has it of the span. */
export function hasFailed(record: EvSpanEnd): boolean {
  if (record.errorTypeAddr !== 0 || isFailure(endingOf(record.ending))) return true;
  return byNumber[record.family]?.hasFailed(record) === true;
}

/** Undefined for what is no request. */
export function routeOfRoot(record: EvSpanEnd): RootRoute | undefined {
  return record.spanKind === spanKind.SPAN_KIND_SERVER ? byNumber[record.family]?.route : undefined;
}
