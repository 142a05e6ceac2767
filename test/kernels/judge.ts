/**
 * Compares the spans that came out with what the load did: not one missing, none twice, each with the right parent, trace,
 * path, query, addresses and end.
 */
import { validate } from '../support/validator.ts';
import { type Call, type End, type Kind, remoteIdsOf } from './kinds.ts';
import { type Span, validSpanOf } from './spans.ts';

/** What the load says that it did (`guest/load.go`). */
export interface LoadDone {
  /** Numbered from 0. */
  readonly requests: number;
  readonly failures: readonly string[];
  readonly servers: Readonly<Record<string, { readonly plain: string; readonly tls: string }>>;
}

export interface Verdict {
  readonly requests: number;
  /** Spans that had to be, and those of them that were there and right in all but their parents. */
  readonly spans: number;
  readonly spansRight: number;
  readonly parents: number;
  readonly parentsRight: number;
  /** Everything that is wrong, in words; the first of many. */
  readonly faults: readonly string[];
}

const FAULTS_MAX = 50;
/** Between two threads, and from one measurement of the clock to the next. */
const RACE_NS = 5_000_000n;

/** A process that comes and goes answers these: seen or not, but never seen wrong. */
const CHURN = /(^|&)churn=\d+/;

export interface JudgeOptions {
  /**
   * So many goroutines are born that what they inherit is forgotten as soon as its span has ended (`kernel__sweep`): one
   * that outlives its request may have lost the link to it.
   */
  readonly linksMayBeSwept?: boolean;
}

export function judge(
  kinds: readonly Kind[],
  did: LoadDone,
  spans: readonly Span[],
  options: JudgeOptions = {},
): Verdict {
  const judged = new Judge(
    options,
    kinds,
    did,
    spans.filter(({ query }) => !CHURN.test(query)),
  );
  judged.judgeChurn(spans.filter(({ query }) => CHURN.test(query)));
  return judged.result();
}

/** What `--summary` says of losses. */
export interface Losses {
  readonly byReason: Readonly<Record<string, number>>;
}

/** Losses by reason, none where there must be none: a server that comes and goes may end before its last record is read. */
export function lossesOf({ byReason }: Losses, mayComeAndGo: boolean): Record<string, number> {
  const lost = Object.entries(byReason).filter(([, count]) => count > 0);
  return Object.fromEntries(lost.filter(([reason]) => !(mayComeAndGo && reason === 'target_unknown')));
}

class Judge {
  readonly #options: JudgeOptions;
  readonly #kinds: readonly Kind[];
  readonly #did: LoadDone;
  /** By the request and the number of the call, and whether server or client; taken out when it has been judged. */
  readonly #bySlot = new Map<string, Span[]>();
  readonly #rootTraces = new Set<string>();
  #spans = 0;
  #spansRight = 0;
  #parents = 0;
  #parentsRight = 0;
  readonly #faults: string[] = [];
  #faultCount = 0;

  constructor(options: JudgeOptions, kinds: readonly Kind[], did: LoadDone, spans: readonly Span[]) {
    this.#options = options;
    this.#kinds = kinds;
    this.#did = did;
    for (const span of spans) {
      const slot = slotOf(span);
      const known = this.#bySlot.get(slot);
      if (known) known.push(span);
      else this.#bySlot.set(slot, [span]);
    }
    for (const failure of did.failures) this.#fault(`the load failed: ${failure}`);
    for (let n = 0; n < did.requests; n++) this.#judgeRequest(n);
    for (const slot of this.#bySlot.keys()) this.#fault(`${slot}: nobody asked for this span`);
    for (const violation of validate(spans.map(validSpanOf), { raceNs: RACE_NS })) this.#fault(violation);
  }

  result(): Verdict {
    const more = this.#faultCount - this.#faults.length;
    return {
      requests: this.#did.requests,
      spans: this.#spans,
      spansRight: this.#spansRight,
      parents: this.#parents,
      parentsRight: this.#parentsRight,
      faults: more > 0 ? [...this.#faults, `… and ${more} more`] : this.#faults,
    };
  }

  #fault(text: string): void {
    this.#faultCount++;
    if (this.#faults.length < FAULTS_MAX) this.#faults.push(text);
  }

  #judgeRequest(n: number): void {
    const kind = this.#kinds[n % this.#kinds.length] as Kind;
    if (kind.context === 'unsampled') return;
    const id = `${kind.name}.${n}`;
    const request = this.#take(`server ${id}`);
    if (request) this.#judgeServer(request, kind, id);
    kind.calls.forEach((call, index) => {
      this.#judgeCall(call, index, id, request);
    });
  }

  /** The one span of that place. One that is missing or double is a fault, but counts as one that had to be. */
  #take(slot: string, isOptional = false): Span | undefined {
    const [first, ...others] = this.#bySlot.get(slot) ?? [];
    this.#bySlot.delete(slot);
    if (!isOptional || first) {
      this.#spans++;
      this.#parents++;
    }
    if (!first && !isOptional) this.#fault(`${slot}: no span`);
    for (const other of others) this.#fault(`${slot}: another span, ${other.spanId} beside ${first?.spanId}`);
    return first;
  }

  #judgeServer(span: Span, kind: Kind, id: string): void {
    const { server, protocol, path } = kind;
    const address = this.#did.servers[server];
    const isTls = protocol === 'h2';
    const query = `${kind.query}${kind.query === '' ? '' : '&'}id=${id}`;
    this.#right(span, {
      ...serverAttributes((isTls ? address?.tls : address?.plain) ?? '', kind.method, path, query),
      'url.scheme': isTls ? 'https' : 'http',
      'network.protocol.version': protocol === 'http1' ? '1.1' : '2',
      ...endAttributes(kind.end),
    });
    const remote = remoteIdsOf(id);
    this.#parent(
      span,
      kind.context === 'remote'
        ? span.traceId === remote.traceId && span.parentSpanId === remote.spanId && span.parentIsRemote
        : this.#isRoot(span) && span.links.length === 0,
    );
  }

  #judgeCall(call: Call, n: number, id: string, request: Span | undefined): void {
    const { main } = this.#did.servers;
    const { method = 'GET', to, path } = call;
    const isTls = to === 'tls';
    const address = (isTls ? main?.tls : main?.plain) ?? '';
    const query = `of=${id}&n=${n}${call.query ?? ''}`;
    const span = this.#take(`client ${id} call ${n}`);
    if (span) {
      const hosts = { refused: '127.0.0.1:1', elsewhere: /127\.0\.0\.1:\d+/, tls: address };
      const host = to === undefined ? address : hosts[to];
      this.#right(span, {
        'http.request.method': method,
        'url.full': urlPattern(isTls ? 'https' : 'http', host, `${path}?${query}`),
        ...endAttributes(call.end),
      });
      this.#parent(span, this.#isCallUnder(span, call, request));
    }
    if (call.answer === 'none') return;
    const answer = this.#take(`server ${id} call ${n}`, call.answer === 'perhaps');
    if (!answer) return;
    const isUnderCall = span !== undefined && isChild(answer, span);
    this.#right(answer, {
      ...serverAttributes(address, method, path, query),
      'network.protocol.version': isTls ? '2' : '1.1',
      // How a call ends that its caller gives up, its server may see in many ways.
      ...(call.answer === 'perhaps' ? {} : endAttributes(call.answerEnd ?? call.end)),
    });
    this.#parent(answer, isUnderCall || (this.#isRoot(answer) && call.answer !== 'under call'));
  }

  #isCallUnder(span: Span, { parent }: Call, request: Span | undefined): boolean {
    const isUnder = request !== undefined && isChild(span, request);
    const isLinked =
      request !== undefined && span.links.length === 1 && span.links[0]?.spanId === request.spanId;
    const isSwept = this.#options.linksMayBeSwept === true && span.links.length === 0;
    switch (parent) {
      case 'request':
        return isUnder;
      case 'none':
        return this.#isRoot(span) && (span.links.length === 0 || isLinked);
      case 'request or none':
        return isUnder || (this.#isRoot(span) && span.links.length === 0);
      case 'while open': {
        if (request === undefined) return false;
        // Which of the two was first is not told by times that are this close.
        if (isUnder) return span.startNs <= request.endNs + RACE_NS;
        return span.startNs >= request.endNs - RACE_NS && this.#isRoot(span) && (isLinked || isSwept);
      }
    }
  }

  /** Has no parent, and a trace of its own. */
  #isRoot(span: Span): boolean {
    if (span.parentSpanId !== undefined || this.#rootTraces.has(span.traceId)) return false;
    this.#rootTraces.add(span.traceId);
    return true;
  }

  #right(span: Span, wanted: Readonly<Record<string, Wanted>>): void {
    const wrong = Object.entries(wanted).filter(([name, value]) => !isAs(span.attributes.get(name), value));
    const goid = Number(span.attributes.get('goidspan.goid'));
    if (!Number.isSafeInteger(goid) || goid < 1) wrong.push(['goidspan.goid', 'a goroutine']);
    for (const [name, value] of wrong) {
      this.#fault(`${slotOf(span)}: ${name} is ${span.attributes.get(name)}, not ${value}`);
    }
    if (wrong.length === 0) this.#spansRight++;
  }

  #parent(span: Span, isRight: boolean): void {
    if (isRight) this.#parentsRight++;
    else {
      const links = span.links.map(({ spanId }) => spanId).join();
      this.#fault(
        `${slotOf(span)}: wrong parent ${span.parentSpanId} in trace ${span.traceId}, links [${links}]`,
      );
    }
  }

  judgeChurn(spans: readonly Span[]): void {
    const seen = new Set<string>();
    for (const span of spans) {
      const place = `${span.pid} ${span.query}`;
      const [, of] = /^churn=\d+&id=churn\.(\d+|exec)$/.exec(span.query) ?? [];
      const path = of === 'exec' ? '/exec' : '/leaf';
      const isRight =
        of !== undefined &&
        span.kind === 'server' &&
        span.attributes.get('url.path') === path &&
        this.#isRoot(span) &&
        span.links.length === 0 &&
        !seen.has(place);
      seen.add(place);
      if (!isRight) this.#fault(`${span.kind} ${place}: wrong span of a server that comes and goes`);
    }
  }
}

type Wanted = string | number | RegExp | undefined;

/** Where a span belongs, by its own URL. */
function slotOf({ kind, query }: Span): string {
  const words = new URLSearchParams(query);
  const id = words.get('id');
  return `${kind} ${id === null ? `${words.get('of')} call ${words.get('n')}` : id}`;
}

function isChild(span: Span, parent: Span): boolean {
  return span.parentSpanId === parent.spanId && span.traceId === parent.traceId && span.links.length === 0;
}

function isAs(found: unknown, wanted: Wanted): boolean {
  return wanted instanceof RegExp ? typeof found === 'string' && wanted.test(found) : found === wanted;
}

function serverAttributes(
  address: string,
  method: string,
  path: string,
  query: string,
): Record<string, Wanted> {
  const [host, port] = address.split(':');
  return {
    'http.request.method': method,
    'url.path': path,
    'url.query': query,
    'http.route': path,
    'server.address': host,
    'server.port': Number(port),
    'client.address': '127.0.0.1',
  };
}

function endAttributes({ status, error, ending, resent }: End): Record<string, Wanted> {
  return {
    'http.response.status_code': status,
    'error.type': error,
    'goidspan.span.ending': ending,
    ...(resent ? {} : { 'http.request.resend_count': undefined }),
  };
}

function urlPattern(scheme: string, host: string | RegExp, rest: string): Wanted {
  if (typeof host === 'string') return `${scheme}://${host}${rest}`;
  return new RegExp(`^${scheme}://${host.source}${rest.replace(/[.?+]/g, '\\$&')}$`);
}
