/**
 * Calls that say the same as one that was counted before, but for what makes no difference to counts: they are counted by
 * their records as they are. Nearly all calls of a service are such.
 */
import type { SpanFact } from '../correlate/fact.ts';
import { RecordTexts } from '../correlate/record-texts.ts';
import { RecurringKey } from '../correlate/recurring-key.ts';
import { recurringParts } from '../correlate/recurring-parts.ts';
import { spanFact } from '../correlate/span-fact.ts';
import { isTimeWrong, timeSpent } from '../correlate/time-spent.ts';
import { aboutSpan } from '../span/describe-span.ts';
import type { SpanSource } from '../span/span-source.ts';
import type { Batch } from '../wire/batch.ts';
import { durationNsAt, familyAt, fieldAt } from '../wire/fields.ts';
import { type EvSpanEnd, headerAt, readEvSpanEnd } from '../wire/wire.gen.ts';
import { WordCache } from '../wire/word-cache.ts';
import type { CallTally } from './call-counts.ts';
import { isPlausibleAt } from './plausibility.ts';
import type { RouteTally } from './route-counts.ts';

const ENDING_AT = fieldAt('EV_SPAN_END', 'ending');
const ENDINGS = 256;

/** What calls that say the same are counted in. */
export interface Tally {
  readonly source: SpanSource;
  readonly calls: CallTally;
  /** Where they say what their time went to, and that is told. */
  readonly route: RouteTally | undefined;
}

export class KnownCalls {
  readonly #key = new RecurringKey();
  readonly #texts = new RecordTexts();
  #tallies = new WordCache<Tally>();

  /** Counts the call whose record begins there. `countOther` counts one that is not known, and returns where, if it does at once. */
  count(batch: Batch, at: number, countOther: (fact: SpanFact) => Tally | undefined): void {
    const { words } = this.#key;
    const size = this.#gather(batch, at);
    const salt = saltOf(batch, at);
    const known = size === 0 ? undefined : this.#tallies.find(words, 0, size, salt);
    if (known && isPlausibleAt(batch, at)) {
      add(known, batch, at);
      return;
    }
    const isWanted = size > 0 && this.#tallies.isWanted;
    const record = readEvSpanEnd(batch, at);
    const fact = spanFact(record);
    const tally = countOther(fact);
    if (tally && isWanted && isTold(record, fact, tally)) this.#tallies.keep(words, 0, size, salt, tally);
  }

  /** What was known of calls may not be right any more. */
  forget(): void {
    this.#tallies = new WordCache();
  }

  /** Returns how many words tell it from calls that are not like it; 0: too many. */
  #gather(batch: Batch, at: number): number {
    const parts = recurringParts[familyAt(batch, at)];
    if (parts === undefined) return 0;
    this.#texts.beginAt(batch, at);
    return this.#key.gather(batch, at, this.#texts, parts);
  }
}

/** What calls are told apart by as well. */
const saltOf = ({ u8, u32 }: Batch, at: number): number =>
  (u32[(at + headerAt.targetId) >>> 2] as number) * ENDINGS + (u8[at + ENDING_AT] as number);

/** Whether the records of calls like that one are enough to count them by. */
function isTold(record: EvSpanEnd, fact: SpanFact, { source }: Tally): boolean {
  if (isTimeWrong(record, fact.time) || !aboutSpan(fact, source).fitsAlike) return false;
  // The name of an error may still come.
  return fact.errorTypeAddr === 0 || source.errorTypeName(fact.errorTypeAddr) !== undefined;
}

function add({ calls, route }: Tally, batch: Batch, at: number): void {
  calls.add(durationNsAt(batch, at));
  const time = route && timeSpent(readEvSpanEnd(batch, at));
  if (time) route.addTime(time);
}
