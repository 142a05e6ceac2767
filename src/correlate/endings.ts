/** How spans come to their end, by the numbers of the wire. */
import { spanEnding } from '../wire/wire.gen.ts';
import type { SpanEnding } from './fact.ts';

const numbers: Readonly<Record<SpanEnding, number>> = {
  returned: spanEnding.ENDING_RETURNED,
  panicked: spanEnding.ENDING_PANICKED,
  hijacked: spanEnding.ENDING_HIJACKED,
  disconnected: spanEnding.ENDING_DISCONNECTED,
  goroutine_exited: spanEnding.ENDING_GOROUTINE_EXITED,
  process_exited: spanEnding.ENDING_PROCESS_EXITED,
};
const names: Readonly<Record<number, SpanEnding>> = Object.fromEntries(
  Object.entries(numbers).map(([name, number]) => [number, name as SpanEnding]),
);

export const numberOfEnding = (ending: SpanEnding): number => numbers[ending];

/** A number that is none, as of a span that is open, is told as if the call had returned. */
export const endingOf = (number: number): SpanEnding => names[number] ?? 'returned';
