/** What no right record can say, and what is hard to believe: of all spans, and of each family. Pure. */
import type { SpanFact, SpanFactOf, SpanFamily } from '../correlate/fact.ts';
import { type Batch, count64 } from '../wire/batch.ts';
import { durationNsAt, familyAt, fieldAt } from '../wire/fields.ts';
import { familyNames } from '../wire/wire.gen.ts';
import { dbPlausibility } from './db-plausibility.ts';
import type { FamilyPlausibility } from './family-plausibility.ts';
import { grpcPlausibility } from './grpc-plausibility.ts';
import { httpPlausibility } from './http-plausibility.ts';
import { waitPlausibility } from './wait-plausibility.ts';

const GOID_AT = fieldAt('EV_SPAN_END', 'goid');
const PARENT_GOID_AT = fieldAt('EV_SPAN_END', 'parent_goid');

/** A family that is in `wire.h` and not here does not compile. */
const plausible = {
  http: httpPlausibility,
  db: dbPlausibility,
  grpc: grpcPlausibility,
  wait: waitPlausibility,
} satisfies {
  [Family in SpanFamily]: FamilyPlausibility<SpanFactOf<Family>>;
};

const byNumber: Readonly<Record<number, FamilyPlausibility<never>>> = Object.fromEntries(
  Object.entries(familyNames).map(([number, family]) => [number, plausible[family]]),
);

const plausibilityOf = ({ family }: SpanFact): FamilyPlausibility<SpanFact> =>
  plausible[family] as FamilyPlausibility<SpanFact>;

export function faultOf(fact: SpanFact): string | undefined {
  const { goid, parentGoid, start, end } = fact;
  if (!isGoid(goid)) return `the goroutine id ${goid} is none`;
  if (parentGoid !== 0 && (!isGoid(parentGoid) || parentGoid === goid)) {
    return `goroutine ${goid} cannot have been created by ${parentGoid}`;
  }
  if (start[0] > end[0] || (start[0] === end[0] && start[1] > end[1])) return 'it ends before it starts';
  return plausibilityOf(fact).fault(fact);
}

/** Whether a record has no fault, if one had none that is like it but for what varies. False: it takes to decode it. */
export function isPlausibleAt(batch: Batch, at: number): boolean {
  const { u32 } = batch;
  const goid = count64(u32, at + GOID_AT);
  const parentGoid = count64(u32, at + PARENT_GOID_AT);
  if (!isGoid(goid) || (parentGoid !== 0 && (!isGoid(parentGoid) || parentGoid === goid))) return false;
  if (durationNsAt(batch, at) < 0) return false;
  return byNumber[familyAt(batch, at)]?.variesWell?.(batch, at) ?? true;
}

export function doubtOf(fact: SpanFact): string | undefined {
  const { goid } = fact;
  if (goid >= heapFrom && goid % 8 === 0) return `the goroutine id ${goid} looks like an address`;
  return plausibilityOf(fact).doubt(fact);
}

/** Go's heap begins here on amd64 and arm64 (runtime/malloc.go, arenaBaseOffset and the first arena hint). */
const heapFrom = 0xc0_0000_0000;

function isGoid(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0;
}
