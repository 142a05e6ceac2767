/**
 * A scenario: a text of what happens to goroutines and what spans that must make. `-- events --` are those of
 * `host/events.c`, with `span=NAME` at each begin; `-- expect --` is what {@link Scenario.render} makes of the outcome.
 * `{x*300}` is that text 300 times; `for n=1..50: LINE` is the line for each n, with `{n}` or `{10+n*2}` in
 * it, and ` | ` between lines that are repeated together.
 */
import type { CodePlace } from '../../src/correlate/code-place.ts';
import type { SpanFact, SpanFactOf, SpanFamily } from '../../src/correlate/fact.ts';
import { breakdownOf, type TimeSpent } from '../../src/correlate/time-spent.ts';
import type { Wait } from '../../src/correlate/wait-body.ts';
import { hexOf } from '../../src/span/span-context.ts';
import type { Stacks } from '../../src/stage/stacks.ts';
import { nanosOf } from '../support/valid-span.ts';
import type { HostRun } from './host.ts';

/** Strings and numbers of any span that a scenario shows when it says `show NAME …` before its events. */
const shown: Readonly<Record<string, (fact: SpanFact) => unknown>> = {
  error: ({ errorTypeAddr }) => (errorTypeAddr === 0 ? undefined : errorTypeAddr.toString(16)),
  state: ({ traceState }) => traceState,
  end: ({ end }) => nanosOf(end),
  born: ({ parentGoid }) => parentGoid || undefined,
  time: ({ time }) =>
    time &&
    breakdownText(time) +
      (time.allocNs ? `,alloc:${time.allocNs}` : '') +
      (time.migrations ? `,moved:${time.migrations}` : '') +
      (time.queued ? `,queued:${time.queued}` : ''),
  critical: ({ criticalNs }) => criticalNs && breakdownText({ ns: criticalNs }),
};

function breakdownText(time: Pick<TimeSpent, 'ns'>): string {
  return Object.entries(breakdownOf(time))
    .map(([use, ns]) => `${use}:${ns}`)
    .join();
}

/** Likewise, of what a family says. */
const shownOf: {
  readonly [Family in SpanFamily]: Readonly<
    Record<string, (body: SpanFactOf<Family>['body'], stacks: Stacks) => unknown>
  >;
} = {
  http: {
    method: ({ method }) => method,
    scheme: ({ scheme }) => scheme,
    host: ({ host }) => host,
    path: ({ path }) => path,
    query: ({ query }) => query,
    pattern: ({ pattern }) => pattern,
    peer: ({ peer }) => peer,
    status: ({ statusCode }) => statusCode,
    written: ({ responseBodyBytes }) => responseBodyBytes,
    proto: ({ protocolMajor, protocolMinor }) => protocolMajor * 10 + protocolMinor,
  },
  db: {
    operation: ({ operation }) => operation,
    place: ({ server }) => server,
    system: ({ system }) => system,
    statement: ({ statement }) => statement?.replaceAll(' ', '_'),
    database: ({ namespace }) => namespace,
    server: ({ peer }) => peer && `${peer.address}:${peer.port}`,
    code: ({ statusCode }) => statusCode,
    canceled: ({ isCanceled }) => isCanceled || undefined,
    waited: ({ poolWaitNs }) => poolWaitNs || undefined,
    pool: ({ pool }) => pool && `${pool.used}/${pool.max}`,
  },
  grpc: {
    method: ({ method }) => method,
    target: ({ target }) => target,
    code: ({ code }) => code,
    peer: ({ peer }) => peer && `${peer.address}:${peer.port}`,
    streaming: ({ streaming }) => streaming,
    resends: ({ resendCount }) => resendCount,
    unknown: ({ methodIsUnknown }) => methodIsUnknown || undefined,
  },
  wait: {
    for: (body) => waitOf(body).use,
    waker: (body) => waitOf(body).wakerGoid || undefined,
    holder: (body) => (waitOf(body).wakerIsHolder ? waitOf(body).wakerGoid : undefined),
    ready: (body) => waitOf(body).readyNs || undefined,
    other: (body) => {
      const { peer } = waitOf(body);
      return peer && `${peer.address}:${peer.port}`;
    },
    at: (body, stacks) => placeText(waitOf(body).place, stacks),
    'woken-at': (body, stacks) => placeText(waitOf(body).wakerPlace, stacks),
  },
};

/** `601000<602000<603000`, each called by the next; `(link)` behind the first if it may be its caller. */
function placeText(place: CodePlace | undefined, stacks: Stacks): string | undefined {
  if (place === undefined) return undefined;
  const { pc, link, stackId } = place;
  const stack = stacks.get(stackId);
  const frames = stack?.pcs.map((each) => each.toString(16)) ?? (stackId === 0 ? [] : ['untold']);
  const first = pc === 0 ? [] : [pc.toString(16) + (link === 0 ? '' : `(${link.toString(16)})`)];
  return [...first, ...frames].join('<') + (stack?.isCut ? '…' : '');
}

/** What a record says of a wait. */
function waitOf(body: SpanFactOf<'wait'>['body']): Wait {
  if ('use' in body) return body;
  throw new Error(`no record tells of a ${body.window}`);
}

/** Not of a span: how long goroutines waited for their turn. */
const DELAYS = 'delays';

const isShown = (name: string): boolean =>
  name === DELAYS || name in shown || Object.values(shownOf).some((ofFamily) => name in ofFamily);

function shownValue(name: string, span: SpanFact, stacks: Stacks): unknown {
  if (name in shown) return shown[name]?.(span);
  const ofFamily = shownOf[span.family] as Readonly<
    Record<string, (body: SpanFact['body'], stacks: Stacks) => unknown>
  >;
  return ofFamily[name]?.(span.body, stacks);
}

export class Scenario {
  readonly events: readonly string[];
  readonly expected: readonly string[];
  readonly #show: readonly string[];
  /** `target/goid@start` of each begin → its name. */
  readonly #names = new Map<string, string>();
  readonly #byId = new Map<string, string>();

  constructor(text: string) {
    const [head, events, expected] = text.split(/^-- (?:events|expect) --$/m);
    if (head === undefined || events === undefined || expected === undefined) {
      throw new Error('a scenario has `-- events --` and `-- expect --`');
    }
    this.#show = /^show (.+)$/m.exec(head)?.[1]?.split(' ') ?? [];
    const unknown = this.#show.filter((name) => !isShown(name));
    if (unknown.length > 0) throw new Error(`cannot show ${unknown.join()}`);
    this.events = linesOf(events);
    this.expected = linesOf(expected);
    for (const line of this.events) this.#learnName(line);
  }

  /** The input of `runHost`. */
  input(seed = 1): string {
    return `${[`run ${seed}`, ...this.events].join('\n')}\n`;
  }

  /**
   * The outcome as text: trees of spans in the order of their starts, then losses, notes and what is left in the maps.
   * A span is `kind name` and what is special of it: `remote=` parent, `sdk=`, `around=`, `link=`, `ending=`, `resends=`, `counted`, `cut=`.
   */
  render(run: HostRun): string[] {
    for (const span of run.spans) this.#byId.set(hexOf(span.spanId), this.#nameOf(span));
    const byTrace = new Map<string, SpanFact[]>();
    const byStart = [...run.spans].sort((a, b) => Number(nanosOf(a.start) - nanosOf(b.start)));
    for (const span of byStart) {
      const trace = byTrace.get(hexOf(span.traceId));
      if (trace) trace.push(span);
      else byTrace.set(hexOf(span.traceId), [span]);
    }
    const lines = [...byTrace.values()].flatMap((trace, index) =>
      this.#tree(trace, `trace ${index + 1}: `, run),
    );
    for (const { goid, span, use, place, kernelStackId } of run.samples) {
      const of = span ? ` of=${this.#byId.get(hexOf(span.spanId))}` : '';
      const kernel =
        kernelStackId === 0
          ? ''
          : ` kernel=${run.stacks.get(kernelStackId)?.pcs.map((pc) => pc.toString(16))}`;
      lines.push(`sample g${goid}${of} ${use} at=${placeText(place, run.stacks)}${kernel}`);
    }
    if (run.stacksTold > 0) lines.push(`stacks ${run.stacksTold}`);
    for (const [name, value] of Object.entries(run.counts)) {
      if (value > 0 && !name.startsWith('HIT_'))
        lines.push(`${name.toLowerCase().replace('_', ' ')} ${value}`);
    }
    for (const { kept, removed } of run.sweeps) lines.push(`swept kept=${kept} removed=${removed}`);
    for (const exec of run.execs)
      lines.push(`exec target=${exec.header.targetId} tgid=${exec.tgid} parent=${exec.parentTgid}`);
    for (const exit of run.exits)
      lines.push(`exit target=${exit.header.targetId} tgid=${exit.tgid} code=${exit.exitCode}`);
    for (const { targetId, lastedNs, reason = 'unknown', isForGc, goid } of run.stops)
      lines.push(`stop target=${targetId} ns=${lastedNs} by=g${goid} ${isForGc ? 'gc ' : ''}${reason}`);
    for (const { slot, bucket, calls, ns } of this.#show.includes(DELAYS) ? run.delays : [])
      lines.push(`delays target=${slot / 10} bucket=${bucket} count=${calls} ns=${ns}`);
    for (const { slot, way, bucket, calls, ns } of run.allocs)
      lines.push(`allocs target=${slot / 10} ${way} bucket=${bucket} calls=${calls} ns=${ns}`);
    if (run.allocating > 0) lines.push(`allocating ${run.allocating}`);
    if (run.open > 0) lines.push(`open ${run.open}`);
    return lines;
  }

  #learnName(line: string): void {
    const begin =
      /^(\d+)\s+(?:(?:server|client|sql|rpc|redis) begin|rpc serve)\s+(?:p(\d+)\/)?g(\d+)\b.*\bspan=(\S+)/.exec(
        line,
      );
    if (begin) this.#names.set(`${begin[2] ?? 1}/${begin[3]}@${begin[1]}`, begin[4] as string);
  }

  #nameOf(span: SpanFact): string {
    const key = `${span.targetId}/${span.goid}@${nanosOf(span.start)}`;
    return this.#names.get(key) ?? key;
  }

  #tree(trace: readonly SpanFact[], title: string, run: HostRun): string[] {
    const inTrace = new Set(trace.map((span) => hexOf(span.spanId)));
    const lines: string[] = [];
    const add = (span: SpanFact, depth: number): void => {
      lines.push((depth === 0 ? title : '  '.repeat(depth)) + this.#line(span, inTrace, run));
      for (const child of trace) {
        if (child.parentSpanId && hexOf(child.parentSpanId) === hexOf(span.spanId)) add(child, depth + 1);
      }
    };
    for (const span of trace) {
      if (span.parentSpanId === undefined || !inTrace.has(hexOf(span.parentSpanId))) add(span, 0);
    }
    return lines;
  }

  #line(span: SpanFact, inTrace: ReadonlySet<string>, { stacks }: HostRun): string {
    const words: string[] = [kindOf(span), this.#nameOf(span)];
    if (span.parentSpanId && !inTrace.has(hexOf(span.parentSpanId))) {
      words.push(
        `${span.parentIsRemote ? 'remote' : 'lost'}=${hexOf(span.traceId)}/${hexOf(span.parentSpanId)}`,
      );
    } else if (span.parentIsRemote) {
      words.push('remote');
    }
    if (span.sdk) words.push(`sdk=${span.sdk}`);
    if (span.aroundSpanId) words.push(`around=${this.#byId.get(hexOf(span.aroundSpanId))}`);
    if (span.link) words.push(`link=${this.#byId.get(hexOf(span.link.spanId)) ?? hexOf(span.link.spanId)}`);
    if (span.ending !== 'returned') words.push(`ending=${span.ending}`);
    if (span.family === 'http' && span.body.resendCount !== undefined)
      words.push(`resends=${span.body.resendCount}`);
    // Of no sampled trace: no span, but counted.
    if (!(span.traceFlags & 1)) words.push('counted');
    if (span.cut.length > 0) words.push(`cut=${span.cut.join()}`);
    for (const name of this.#show) {
      const value = shownValue(name, span, stacks);
      if (value !== undefined) words.push(`${name}=${value}`);
    }
    return words.join(' ');
  }
}

/** As its begin is written; a wait has none. */
function kindOf(fact: SpanFact): string {
  if (fact.family === 'wait') return fact.family;
  if (fact.family === 'db') return fact.body.system === 'redis' ? 'redis' : 'sql';
  return fact.spanKind;
}

/** Lines without comments, repetitions written out, indentation kept. */
function linesOf(section: string): string[] {
  return section
    .split('\n')
    .map((line) => line.replace(/(^|\s)#.*$/, '').trimEnd())
    .filter((line) => line !== '')
    .flatMap(loop)
    .map((line) =>
      line.replace(/\{([^{}*]+)\*(\d+)\}/g, (_, text: string, count) => text.repeat(Number(count))),
    );
}

function loop(line: string): string[] {
  const [, from, to, body] = /^for n=(\d+)\.\.(\d+): (.*)$/.exec(line) ?? [];
  if (body === undefined) return [line];
  const lines: string[] = [];
  for (let n = Number(from); n <= Number(to); n++) {
    lines.push(
      ...body
        .split(' | ')
        .map((line) =>
          line.replace(/\{((?:\d+|n)(?:[+*-](?:\d+|n))*)\}/g, (_, sum: string) => String(evaluate(sum, n))),
        ),
    );
  }
  return lines;
}

/** Sums of products: `10+n*2`. */
function evaluate(sum: string, n: number): number {
  const value = (factor: string): number => (factor === 'n' ? n : Number(factor));
  return sum
    .replace(/-/g, '+-1*')
    .split('+')
    .map((product) => product.split('*').reduce((result, factor) => result * value(factor), 1))
    .reduce((total, term) => total + term, 0);
}
