/**
 * Made-up programs of concurrent requests: events with an order only where one causes another, and for each span what
 * must be said of it in every schedule that keeps to that order.
 */
import type { Random } from '../support/random.ts';

/** What must be true of a span, by names of spans. */
export interface Expected {
  readonly parent?: string | undefined;
  /** Or it has none: it is a matter of time whether the parent is still open. */
  readonly isParentUnsure?: boolean;
  readonly remote?: boolean | undefined;
  readonly link?: string | undefined;
  readonly ending: 'returned' | 'panicked';
}

/** An event (empty: a meeting point only) and the events, by index, that must come before it. */
export interface Step {
  readonly text: string;
  readonly after: readonly number[];
  /** The event begins the span of that name. */
  readonly begins?: string | undefined;
}

/** A call as events: how it begins, what may happen in it, how it ends. `G` is its goroutine. */
interface Call {
  readonly begin: string;
  readonly meanwhile?: string;
  readonly ends: readonly string[];
}

const httpCall: Call = { begin: 'client begin G', ends: ['client end G'] };
const failure = 'sql fail G sqlstate=40001';
const sqlCalls: readonly Call[] = [
  { begin: 'sql begin G query', meanwhile: 'sql retry G canceled', ends: ['sql rows G', failure] },
  { begin: 'sql begin G exec stmt', meanwhile: 'sql wait G', ends: ['sql done G', failure] },
  { begin: 'sql begin G query tx', ends: ['sql rows G', 'sql done G tx sqlstate=40001'] },
  { begin: 'sql begin G exec conn', ends: ['sql done G conn', 'sql done G conn canceled'] },
  {
    begin: 'sql begin G begin',
    meanwhile: 'sql retry G without-conn canceled',
    ends: ['sql begun G', failure],
  },
  { begin: 'sql begin G commit tx', ends: ['sql ended G', 'sql ended G canceled'] },
];

const REMOTE = '0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331';

/** A span while it is written; its end waits for what is started in it and is to be its child. */
interface Open {
  readonly name: string;
  readonly sampled: boolean;
  readonly waits: number[];
  /** Index of its end, once that is known; children that come too late wait for it. */
  end: number | undefined;
  readonly late: (() => void)[];
}

interface Goroutine {
  readonly goid: number;
  /** The last event on it. */
  last: number | undefined;
  readonly inherited: Open | undefined;
  /** The inherited span has ended before this goroutine does anything. */
  readonly isLate: boolean;
  readonly open: Open[];
}

/** A kept connection to a server of the same host, free for the next call. */
interface Connection {
  readonly socket: number;
  readonly server: Goroutine;
  /** The end of the call that used it last. */
  readonly free: number | undefined;
}

const on = ({ goid }: Goroutine, event: string): string => event.replace('G', `g${goid}`);

export class Program {
  readonly steps: Step[] = [];
  /** Only the sampled spans. */
  readonly expected = new Map<string, Expected>();
  readonly #random: Random;
  readonly #idle: Connection[] = [];
  #sockets = 0;
  #goids = 0;
  #names = 0;

  constructor(random: Random, connections: number) {
    this.#random = random;
    for (let i = 0; i < connections; i++) this.#connection();
  }

  /**
   * One order of the events that is possible, as lines with their times; times of begins by name. If `preempts`, some
   * happen in the middle of others, and between them what no span waits for any more is swept away.
   */
  schedule(random: Random, preempts = false): { events: string[]; begunAt: Map<string, number> } {
    const waiting = this.steps.map((step) => step.after.length);
    const followers = this.steps.map((): number[] => []);
    this.steps.forEach((step, index) => {
      for (const before of step.after) (followers[before] as number[]).push(index);
    });
    const ready = waiting.flatMap((count, index) => (count === 0 ? [index] : []));
    /** Whether goroutines' time is watched makes no difference to contexts. */
    const events: string[] = random.below(2) === 0 ? [] : ['1 target p1 time=1'];
    const begunAt = new Map<string, number>();
    let done = 0;
    const take = (): number => (ready.splice(random.below(ready.length), 1) as [number])[0];
    const lineOf = (index: number): string => {
      const { text, begins } = this.steps[index] as Step;
      const time = 10 * ++done;
      if (begins !== undefined) begunAt.set(begins, time);
      return text === '' ? '' : `${time} ${text}${begins === undefined ? '' : ` span=${begins}`}`;
    };
    const release = (index: number): void => {
      for (const next of followers[index] as number[]) {
        waiting[next] = (waiting[next] as number) - 1;
        if (waiting[next] === 0) ready.push(next);
      }
    };
    /** What is ready beside an event is caused by nothing that it does. */
    const interrupt = (): void => {
      let at = 0;
      for (let count = 1 + random.below(6); count > 0 && ready.length > 0; count--) {
        // Often one behind the other: what the first frees, the second takes.
        if (at === 0 || random.below(3) === 0) at += 1 + random.below(15);
        if (random.below(3) === 0) events.push(`+${at} ${10 * done} sweep grace=0`);
        const index = take();
        const line = lineOf(index);
        if (line !== '') events.push(`+${at} ${line}`);
        release(index);
      }
    };
    while (ready.length > 0) {
      const index = take();
      const line = lineOf(index);
      if (preempts && line !== '' && random.below(2) === 0) interrupt();
      if (line !== '') events.push(line);
      release(index);
    }
    if (done !== this.steps.length) throw new Error('the program waits for itself');
    return { events, begunAt };
  }

  /** Requests one after the other on one goroutine, as net/http serves a connection. */
  #connection(): void {
    const g = this.#goroutine(undefined, false);
    for (let requests = 1 + this.#random.below(3); requests > 0; requests--) this.#request(g);
  }

  #request(g: Goroutine): void {
    const kind = this.#random.pick(['root', 'root', 'remote', 'unsampled'] as const);
    const span = this.#span(kind !== 'unsampled');
    const header = {
      root: '',
      remote: ` traceparent=00-${REMOTE}-01`,
      unsampled: ` traceparent=00-${REMOTE}-00`,
    };
    this.#step(g, `server begin g${g.goid}${header[kind]}`, span.name);
    if (span.sampled)
      this.expected.set(span.name, { remote: kind === 'remote' || undefined, ending: 'returned' });
    g.open.push(span);
    this.#body(g, 3);
    g.open.pop();
    this.#end(g, span, `server end g${g.goid}`);
  }

  /** What a goroutine does from here on, up to `depth` spans and births inside each other. */
  #body(g: Goroutine, depth: number): void {
    for (let i = this.#random.below(4); i > 0 && depth > 0; i--) {
      const what = this.#random.below(10);
      if (what < 5) this.#call(g, depth);
      else if (what < 9) this.#birth(g, depth);
      else this.#callAfterPanic(g, depth);
    }
  }

  #call(g: Goroutine, depth: number): void {
    const call = this.#anyCall();
    const span = this.#beginCall(g, call, 'returned');
    g.open.push(span);
    if (g.open.length < 4) this.#body(g, depth - 1);
    g.open.pop();
    if (call.meanwhile !== undefined && this.#random.below(2) === 0) this.#step(g, on(g, call.meanwhile));
    const isServed = call === httpCall && this.#random.below(3) === 0;
    // It has a deadline and may be over before it is answered; then its connection is closed.
    const isHasty = isServed && span.sampled && this.#random.below(3) === 0;
    const connection = isServed ? this.#served(g, span, depth, isHasty) : undefined;
    this.#end(g, span, on(g, this.#random.pick(call.ends)));
    if (connection && !isHasty) this.#idle.push({ ...connection, free: span.end });
  }

  /** The call goes to a traced server of this host, without a header; its request is the child of the call. */
  #served(g: Goroutine, call: Open, depth: number, isHasty: boolean): Connection {
    const kept = this.#random.below(2) === 0 ? this.#idle.pop() : undefined;
    const { socket, server, free } = kept ?? {
      socket: ++this.#sockets,
      server: this.#goroutine(undefined, false),
      free: undefined,
    };
    const sent = this.#step(
      g,
      `client send g${g.goid} socket=${socket}`,
      undefined,
      free === undefined ? [] : [free],
    );
    const request = this.#span(call.sampled);
    this.#step(server, `server begin g${server.goid} socket=${socket}`, request.name, [sent]);
    if (request.sampled) {
      const parent = { parent: call.name, ...(isHasty ? { isParentUnsure: true } : {}) };
      this.expected.set(request.name, { ...parent, ending: 'returned' });
    }
    server.open.push(request);
    this.#body(server, depth - 1);
    server.open.pop();
    this.#end(server, request, `server end g${server.goid}`);
    if (!isHasty) call.waits.push(request.end as number);
    return { socket, server, free };
  }

  /** A call that panics and is recovered, and then another one, by which the first is known to be over. */
  #callAfterPanic(g: Goroutine, depth: number): void {
    this.#beginCall(g, this.#anyCall(), 'panicked');
    this.#step(g, `panic g${g.goid}`);
    this.#call(g, depth);
  }

  #anyCall(): Call {
    return this.#random.below(2) === 0 ? httpCall : this.#random.pick(sqlCalls);
  }

  #beginCall(g: Goroutine, { begin }: Call, ending: Expected['ending']): Open {
    const outer = g.open.at(-1);
    const { inherited } = g;
    const parent = outer ?? (g.isLate ? undefined : inherited);
    const span = this.#span(parent?.sampled ?? true);
    this.#step(g, on(g, begin), span.name);
    const link = parent === undefined && inherited?.sampled ? inherited.name : undefined;
    if (span.sampled) this.expected.set(span.name, { parent: parent?.name, link, ending });
    return span;
  }

  /** The child inherits; either what it inherits waits for it, or it waits for the end of that. */
  #birth(g: Goroutine, depth: number): void {
    const context = g.open.at(-1) ?? g.inherited;
    const isOver = g.open.length === 0 && g.isLate;
    const isLate = isOver || this.#random.below(3) === 0;
    const child = this.#goroutine(context, isLate);
    child.last = this.#step(g, `birth g${child.goid} by g${g.goid}`);
    this.#step(child, `run g${child.goid}`);
    const run = (): void => {
      this.#body(child, depth - 1);
    };
    if (context === undefined || isOver) run();
    else if (!isLate) {
      run();
      context.waits.push(child.last);
    } else {
      context.late.push(() => {
        child.last = this.#push('', [child.last as number, context.end as number]);
        run();
      });
    }
  }

  #end(g: Goroutine, span: Open, text: string): void {
    span.end = this.#step(g, text, undefined, span.waits);
    for (const run of span.late) run();
  }

  #goroutine(inherited: Open | undefined, isLate: boolean): Goroutine {
    return { goid: ++this.#goids, last: undefined, inherited, isLate, open: [] };
  }

  #span(sampled: boolean): Open {
    return { name: `s${++this.#names}`, sampled, waits: [], end: undefined, late: [] };
  }

  #step(g: Goroutine, text: string, begins?: string, after: readonly number[] = []): number {
    g.last = this.#push(text, g.last === undefined ? after : [g.last, ...after], begins);
    return g.last;
  }

  #push(text: string, after: readonly number[], begins?: string): number {
    this.steps.push({ text, after, begins });
    return this.steps.length - 1;
  }
}
