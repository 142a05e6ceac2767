/** The columns of a trace, span by span, for those who write each of them somewhere. Pure. */
import { SPAN_IS_ERROR, type TraceAnswer } from '../page-api/answers.ts';

export interface TraceSpan {
  readonly index: number;
  readonly spanId: string;
  /** Undefined: it has none, or it is not here. */
  readonly parent: number | undefined;
  readonly service: string;
  readonly name: string;
  /** As OpenTelemetry calls it: `server`. */
  readonly kind: string;
  readonly startUs: number;
  readonly durationNs: number;
  readonly isError: boolean;
  readonly verdict: string | undefined;
  /** Nanoseconds by what they were spent on. */
  readonly spent: readonly (readonly [use: string, ns: number])[];
  readonly goid: number;
}

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];

export function* spansOf(trace: TraceAnswer): Generator<TraceSpan> {
  const text = (index: number | undefined): string => trace.texts[index ?? -1] ?? '';
  for (let index = 0; index < trace.spanId.length; index++) {
    const parent = trace.parent[index] ?? -1;
    const verdict = trace.verdict[index] ?? -1;
    yield {
      index,
      spanId: trace.spanId[index] ?? '',
      parent: parent < 0 ? undefined : parent,
      service: text(trace.service[index]),
      name: text(trace.name[index]),
      kind: KINDS[trace.kind[index] ?? 0] ?? 'unspecified',
      startUs: trace.startUs[index] ?? 0,
      durationNs: trace.durationNs[index] ?? 0,
      isError: ((trace.flags[index] ?? 0) & SPAN_IS_ERROR) !== 0,
      verdict: verdict < 0 ? undefined : text(verdict),
      spent: pairsOf(trace.spent[index] ?? [], text),
      goid: trace.goid[index] ?? 0,
    };
  }
}

function pairsOf(numbers: readonly number[], text: (index: number) => string): (readonly [string, number])[] {
  return Array.from({ length: numbers.length >> 1 }, (_, pair) => [
    text(numbers[2 * pair] ?? -1),
    numbers[2 * pair + 1] ?? 0,
  ]);
}
