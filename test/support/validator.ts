/**
 * What must hold of any set of spans, whatever was traced: watches every run, from a text scenario as well as from a
 * live program. Knows nothing of where the spans come from.
 */

/** A span as the invariants see it. */
export interface ValidSpan {
  /** How the violations call it. */
  readonly name: string;
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits. */
  readonly spanId: string;
  readonly parentSpanId?: string | undefined;
  /** The parent lives in another process or SDK. */
  readonly parentIsRemote: boolean;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly kind: 'server' | 'client' | 'internal';
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly sampled: boolean;
  /** Process and goroutine, e.g. `4242/17`. */
  readonly goroutine: string;
  /** Nanoseconds by what they were spent on, if that is told. */
  readonly breakdown?: Readonly<Record<string, number>> | undefined;
  /** Likewise on its critical path. */
  readonly critical?: Readonly<Record<string, number>> | undefined;
}

export interface ValidateOptions {
  /** The set is not whole: records were lost, or spans are still open. A parent may then be missing. Default false. */
  readonly incomplete?: boolean;
  /**
   * Each span takes its time when its probe is hit and looks at the others a moment later, so that two threads may see
   * an order which their times contradict by this much. Default 0: the probes ran one after the other.
   */
  readonly raceNs?: bigint;
}

/** Every violation in words; none for a set that is as it must be. */
export function validate(spans: readonly ValidSpan[], options: ValidateOptions = {}): string[] {
  const violations: string[] = [];
  const report = (span: ValidSpan, what: string): void => {
    violations.push(`${span.name} (${span.spanId}) ${what}`);
  };
  const known: Known = {
    byId: new Map(),
    incomplete: options.incomplete ?? false,
    raceNs: options.raceNs ?? 0n,
  };
  for (const span of spans) {
    if (known.byId.has(span.spanId)) report(span, 'has the id of another span');
    known.byId.set(span.spanId, span);
  }
  for (const span of spans) {
    for (const check of [alone, withParent, withLinks]) check(span, known, report);
  }
  for (const goroutine of groups(spans, (span) => span.goroutine)) nested(goroutine, known, report);
  for (const trace of groups(spans, (span) => span.traceId)) whole(trace, report);
  return violations;
}

interface Known {
  readonly byId: Map<string, ValidSpan>;
  readonly incomplete: boolean;
  readonly raceNs: bigint;
}

type Report = (span: ValidSpan, what: string) => void;

function alone(span: ValidSpan, _known: Known, report: Report): void {
  if (!/^[0-9a-f]{32}$/.test(span.traceId) || /^0+$/.test(span.traceId))
    report(span, 'has no valid trace id');
  if (!/^[0-9a-f]{16}$/.test(span.spanId) || /^0+$/.test(span.spanId)) report(span, 'has no valid span id');
  if (span.endNs < span.startNs) report(span, 'ends before it starts');
  if (!span.sampled) report(span, 'is exported though it was not sampled');
  if (span.breakdown) whollySpent(span, Object.values(span.breakdown), report);
  if (span.critical) whollySpent(span, Object.values(span.critical), report);
  if (span.critical && !span.breakdown) report(span, 'has a critical path but no breakdown');
}

/** Every nanosecond is spent on one thing. */
function whollySpent({ startNs, endNs, ...span }: ValidSpan, spent: readonly number[], report: Report): void {
  const sum = spent.reduce((all, ns) => all + BigInt(ns), 0n);
  if (sum !== endNs - startNs) {
    report({ startNs, endNs, ...span }, `lasts ${endNs - startNs} ns, of which ${sum} ns are told`);
  }
  if (spent.some((ns) => ns <= 0)) report({ startNs, endNs, ...span }, 'has spent less than nothing');
}

/** Whether it is a call whose headers name what it is below. */
const namesItsParent = (span: ValidSpan): boolean => span.kind === 'client' && span.parentIsRemote;

function withParent(span: ValidSpan, known: Known, report: Report): void {
  if (span.parentSpanId === undefined) {
    if (span.parentIsRemote) report(span, 'says that its parent is remote but has none');
    return;
  }
  if (/^0*$/.test(span.parentSpanId)) report(span, 'has a parent without an id');
  // That of a wait is to who has ended it; a call whose headers name another trace has one to what it is made within.
  if (span.links.length > 0 && span.kind !== 'internal' && !namesItsParent(span))
    report(span, 'has both a parent and a link');
  const parent = known.byId.get(span.parentSpanId);
  if (parent === undefined) {
    if (!span.parentIsRemote && !known.incomplete)
      report(span, `has the parent ${span.parentSpanId}, which no span is`);
    return;
  }
  if (parent.traceId !== span.traceId) report(span, `is not in the trace of its parent ${parent.name}`);
  if (span.kind === 'server' && parent.kind !== 'client' && !span.parentIsRemote) {
    report(span, `is a server span under ${parent.name}, which is no client span`);
  }
  if (span.startNs < parent.startNs - known.raceNs) report(span, `starts before its parent ${parent.name}`);
  if (span.startNs > parent.endNs + known.raceNs)
    report(span, `starts after the end of its parent ${parent.name}`);
  if (isOwnAncestor(span, known)) report(span, 'is its own ancestor');
}

function isOwnAncestor(span: ValidSpan, known: Known): boolean {
  const seen = new Set<ValidSpan>();
  let ancestor = known.byId.get(span.parentSpanId ?? '');
  while (ancestor !== undefined && !seen.has(ancestor)) {
    if (ancestor === span) return true;
    seen.add(ancestor);
    ancestor = known.byId.get(ancestor.parentSpanId ?? '');
  }
  return false;
}

function withLinks(span: ValidSpan, known: Known, report: Report): void {
  if (span.kind === 'internal') return;
  for (const link of span.links) {
    if (/^0*$/.test(link.traceId) || /^0*$/.test(link.spanId)) report(span, 'has a link without an id');
    if (link.traceId === span.traceId) report(span, 'has a link into its own trace');
    const linked = known.byId.get(link.spanId);
    if (linked === undefined) {
      if (!known.incomplete) report(span, `has a link to ${link.spanId}, which no span is`);
      continue;
    }
    if (linked.traceId !== link.traceId)
      report(span, `has a link to ${linked.name} in another trace than its own`);
    if (linked.endNs > span.startNs + known.raceNs && !namesItsParent(span)) {
      report(span, `has a link to ${linked.name}, which had not ended when it started`);
    }
  }
}

/** The spans of one goroutine are a stack: disjoint or inside each other, and then parent and child. */
function nested(goroutine: readonly ValidSpan[], known: Known, report: Report): void {
  const byStart = [...goroutine].sort((a, b) => compare(a.startNs, b.startNs) || compare(b.endNs, a.endNs));
  const stack: ValidSpan[] = [];
  for (const span of byStart) {
    while (stack.length > 0 && (stack.at(-1) as ValidSpan).endNs <= span.startNs) stack.pop();
    const around = stack.at(-1);
    stack.push(span);
    if (around === undefined) continue;
    if (span.endNs > around.endNs)
      report(span, `overlaps ${around.name} on the same goroutine without lying inside it`);
    if (span.kind === 'server') report(span, `is a server span inside ${around.name} on the same goroutine`);
    else if (span.parentSpanId !== around.spanId && !span.parentIsRemote && !known.incomplete) {
      report(span, `lies inside ${around.name} on the same goroutine but is not its child`);
    }
  }
}

/** One trace has one root at most, and none beside spans whose parent is remote. */
function whole(trace: readonly ValidSpan[], report: Report): void {
  const roots = trace.filter((span) => span.parentSpanId === undefined);
  for (const span of roots.slice(1)) report(span, `is a second root beside ${(roots[0] as ValidSpan).name}`);
  const first = trace[0] as ValidSpan;
  const other = trace.find((span) => span.sampled !== first.sampled);
  if (other) report(other, `has another sampled flag than ${first.name} of the same trace`);
}

function groups(spans: readonly ValidSpan[], keyOf: (span: ValidSpan) => string): ValidSpan[][] {
  const byKey = new Map<string, ValidSpan[]>();
  for (const span of spans) {
    const group = byKey.get(keyOf(span));
    if (group) group.push(span);
    else byKey.set(keyOf(span), [span]);
  }
  return [...byKey.values()];
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : Number(a > b);
}
