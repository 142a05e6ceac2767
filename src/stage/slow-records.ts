/** Which spans are slow, by their records: as `SlowRequests` has it, of requests and of what else is a local root. Bounded. */
import { RecordTexts } from '../correlate/record-texts.ts';
import type { RouteTimes } from '../verdict/route-times.ts';
import { fieldAt } from '../wire/fields.ts';
import type { EvSpanEnd } from '../wire/wire.gen.ts';
import type { RootRoute } from './family-root.ts';
import { routeOfRoot } from './family-roots.ts';
import type { SlowRequests } from './slow-requests.ts';

const START_AT = fieldAt('EV_SPAN_END', 'start_ktime_ns');
const END_AT = fieldAt('EV_SPAN_END', 'end_ktime_ns');
/** Routes, as their records have them, whose times are found without making their name. */
const KNOWN_MAX = 4_096;

type ByText<T> = Map<string | undefined, T>;

export class SlowRecords {
  readonly #slow: SlowRequests;
  readonly #texts = new RecordTexts();
  readonly #known = new Map<number, ByText<ByText<RouteTimes | undefined>>>();
  #knownCount = 0;

  constructor(slow: SlowRequests) {
    this.#slow = slow;
  }

  isSlow(record: EvSpanEnd, u32: Uint32Array, at: number): boolean {
    const route = this.#slow.isByRoute ? routeOfRoot(record) : undefined;
    return this.#slow.isSlow(durationNs(u32, at), route && this.#timesOf(record, route));
  }

  #timesOf(record: EvSpanEnd, { texts, nameOf }: RootRoute): RouteTimes | undefined {
    this.#texts.begin(record);
    const [first, second] = [this.#texts.of(texts[0]), this.#texts.of(texts[1])];
    const { targetId } = record.header;
    const known = this.#known.get(targetId)?.get(second);
    if (known?.has(first)) return known.get(first);
    if (++this.#knownCount > KNOWN_MAX) {
      this.#known.clear();
      this.#knownCount = 1;
    }
    const times = this.#slow.timesOf(targetId, nameOf(first, second));
    const bySecond = made(this.#known, targetId, () => new Map());
    made(bySecond, second, () => new Map()).set(first, times);
    return times;
  }
}

/** What the map has for the key, made if there was nothing. */
function made<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const value = make();
  map.set(key, value);
  return value;
}

/** Exact up to 104 days. */
function durationNs(u32: Uint32Array, at: number): number {
  const [start, end] = [(at + START_AT) >>> 2, (at + END_AT) >>> 2];
  const high = (u32[end + 1] as number) - (u32[start + 1] as number);
  return high * 2 ** 32 + (u32[end] as number) - (u32[start] as number);
}
