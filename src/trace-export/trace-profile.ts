/**
 * A trace as a profile: by spans within spans, and what the time of each was spent on that no span within it tells; and beside that, in values
 * of their own, where they were seen in their code. Time of goroutines, so what runs at once is added up.
 */
import type { StacksAnswer, TraceAnswer } from '../page-api/answers.ts';
import { Profile, type ProfileFrame } from '../profile/profile.ts';
import { spansOf, type TraceSpan } from './trace-spans.ts';

const TIME = { type: 'time', unit: 'nanoseconds' };
/** As `goidspan profile` has them; they are only there if something was seen. */
const SEEN = [
  { type: 'cpu', unit: 'nanoseconds' },
  { type: 'samples', unit: 'count' },
  { type: 'wait', unit: 'nanoseconds' },
];
/** Where it is not told on what. */
const UNTOLD = 'time';
/** Deeper ones are left out of the stacks. */
const DEPTH_MAX = 256;

/** `withinId`: only that span and those below it. */
export function traceProfile(trace: TraceAnswer, stacks: StacksAnswer, withinId?: string): Profile {
  const spans = [...spansOf(trace)];
  const within = withinId === undefined ? undefined : trace.spanId.indexOf(withinId);
  const isWanted = (span: TraceSpan): boolean => within === undefined || isBelow(span, within, spans);
  const wanted = spans.filter(isWanted);
  const [first] = wanted;
  const hasSeen = stacks.seen.ns.length > 0;
  const profile = new Profile(
    {
      values: hasSeen ? [TIME, ...SEEN] : [TIME],
      ...(first && { startUnixMs: first.startUs / 1_000, durationMs: first.durationNs / 1e6 }),
    },
    Number.POSITIVE_INFINITY,
  );
  const own = spans.map(spentBy);
  for (const span of spans) {
    const parent = span.parent === undefined ? undefined : spans[span.parent];
    // What a call waits for is part of the wait of who makes it, on the same goroutine.
    if (parent && isWithin(span, parent)) subtract(own[parent.index] as Map<string, number>, spentBy(span));
  }
  const aroundOf = (span: TraceSpan): Around => ({
    stack: stackOf(span, spans),
    labels: { trace_id: trace.traceId, span_id: span.spanId },
  });
  for (const span of wanted) {
    const { stack, labels } = aroundOf(span);
    for (const [use, ns] of own[span.index] ?? [])
      if (ns > 0) profile.add([plain(use), ...stack], [ns], labels);
  }
  addSeen(profile, stacks, new Map(wanted.map((span) => [span.spanId, span])), aroundOf);
  return profile;
}

/** What stands around all that a span tells: the spans that it is within, innermost first. */
interface Around {
  readonly stack: readonly ProfileFrame[];
  readonly labels: Readonly<Record<string, string>>;
}

/** What is seen on a processor ends in the code, a wait in what it was for. */
function addSeen(
  profile: Profile,
  { texts, frames, stacks, seen }: StacksAnswer,
  spans: ReadonlyMap<string, TraceSpan>,
  aroundOf: (span: TraceSpan) => Around,
): void {
  const code = frames.function.map(
    (name, index): ProfileFrame => ({
      function: texts[name] ?? '',
      file: texts[frames.file[index] ?? -1] ?? '',
      line: frames.line[index] ?? 0,
      isInlined: frames.isInlined[index] === 1,
    }),
  );
  let last: { readonly span: TraceSpan; readonly around: Around } | undefined;
  for (const [at, ns] of seen.ns.entries()) {
    const span = spans.get(seen.spanId[at] ?? '');
    if (span === undefined) continue;
    // What was seen of a span comes one after the other.
    if (last?.span !== span) last = { span, around: aroundOf(span) };
    const isSample = seen.isSample[at] === 1;
    const state = texts[seen.use[at] ?? -1] ?? '';
    const { stack, labels } = last.around;
    const frames = (stacks[seen.stack[at] ?? -1] ?? []).flatMap((index) => code[index] ?? []);
    const goid = seen.goid[at] ?? 0;
    profile.add(
      [...(isSample ? [] : [plain(state)]), ...frames, ...stack],
      isSample ? [0, ns, seen.count[at] ?? 0, 0] : [0, 0, 0, ns],
      { ...labels, state, ...(goid !== 0 && { goid }) },
    );
  }
}

const plain = (name: string): ProfileFrame => ({ function: name, file: '', line: 0, isInlined: false });

/** Is it that one, or below it? */
function isBelow(span: TraceSpan, within: number, spans: readonly TraceSpan[]): boolean {
  let at: TraceSpan | undefined = span;
  for (let depth = 0; at && depth < spans.length; depth++) {
    if (at.index === within) return true;
    at = at.parent === undefined ? undefined : spans[at.parent];
  }
  return false;
}

const spentBy = ({ spent, durationNs }: TraceSpan): Map<string, number> =>
  new Map(spent.length > 0 ? spent : [[UNTOLD, durationNs]]);

const isWithin = (span: TraceSpan, parent: TraceSpan): boolean =>
  span.goid === parent.goid &&
  span.service === parent.service &&
  span.spent.length > 0 === parent.spent.length > 0;

function subtract(from: Map<string, number>, spent: ReadonlyMap<string, number>): void {
  for (const [use, ns] of spent) from.set(use, (from.get(use) ?? 0) - ns);
}

/** Innermost first. */
function stackOf(span: TraceSpan, spans: readonly TraceSpan[]): ProfileFrame[] {
  const stack: ProfileFrame[] = [];
  let at: TraceSpan | undefined = span;
  while (at && stack.length < DEPTH_MAX) {
    stack.push({ function: at.name, file: at.service, line: 0, isInlined: false });
    at = at.parent === undefined ? undefined : spans[at.parent];
  }
  return stack;
}
