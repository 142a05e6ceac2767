import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ExportCounts } from '../../src/export/export-counts.ts';
import { Delivery } from '../../src/otlp-client/delivery.ts';
import type { DeliverySettings } from '../../src/otlp-client/delivery-settings.ts';
import type { Fate } from '../../src/otlp-client/queued-request.ts';
import type { Outcome } from '../../src/otlp-client/transport.ts';
import { sumOf } from '../export/spans.ts';
import { fuzzInputs, fuzzTimeoutMilliseconds } from '../support/fuzz.ts';
import { Random } from '../support/random.ts';
import { ACCEPT, BAD, BUSY, failure, halvingCodec, ScriptedTransport } from './scripted-transport.ts';

const SCRIPTS = fuzzInputs(300);
const STEPS = 60;

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A collector that changes its mood: mostly well, mostly away, or anything. */
function moodyAnswer(random: Random): ScriptedTransport['answer'] {
  const anything: (() => Outcome | 'silence' | Error)[] = [
    () => ACCEPT,
    () => ({ ...ACCEPT, rejectedItems: random.pick([1, 5, 1e9, -1, Number.NaN, 0.5]) }),
    () => BUSY,
    () => failure('busy', true, random.pick([0, 10, 700, 20_000, Infinity, Number.NaN, -5])),
    () => BAD,
    () => 'silence',
    () => new Error('broken'),
  ];
  let usual = random.pick(anything);
  return () => {
    if (random.below(10) === 0) usual = random.pick(anything);
    return random.below(4) === 0 ? random.pick(anything)() : usual();
  };
}

interface Push {
  readonly spans: number;
  readonly fate: Promise<Fate>;
}

class Script {
  readonly #random: Random;
  readonly #settings: DeliverySettings;
  readonly #counts = new ExportCounts();
  readonly #transport: ScriptedTransport;
  readonly #delivery: Delivery;
  readonly #pushes: Push[] = [];
  readonly #open = new Set<Push>();
  #pushed = 0;
  #awaySince = -1;

  constructor(seed: number) {
    const random = new Random(seed);
    vi.spyOn(Math, 'random').mockImplementation(() => random.u32() / 2 ** 32);
    this.#random = random;
    this.#settings = {
      queueBytesMax: random.pick([1_000, 5_000, 100_000]),
      ageMsMax: random.pick([50, 2_000, 300_000]),
      inFlightMax: 1 + random.below(5),
      requestTimeoutMs: random.pick([5, 300, 10_000]),
      compression: random.pick(['none', 'gzip']),
    };
    const answer = moodyAnswer(random);
    const transport: ScriptedTransport = new ScriptedTransport((index, body) => {
      transport.latencyMs = random.pick([0, 1, 30, 400]);
      this.#checkProbe();
      return answer(index, body);
    });
    this.#transport = transport;
    const look = (): void => this.#check();
    const hooks = { counts: this.#counts, onEvent: look, onFailure: look };
    const codec = {
      ...halvingCodec,
      compress: async (bytes: Uint8Array) => {
        const ms = random.pick([0, 1, 200]);
        if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
        if (random.below(8) === 0) throw new Error('no memory');
        return halvingCodec.compress(bytes);
      },
    };
    this.#delivery = new Delivery(transport, this.#settings, hooks, codec);
  }

  async run(): Promise<void> {
    const random = this.#random;
    for (let step = 0; step < STEPS; step++) {
      await random.pick([
        () => this.#push(),
        () => this.#push(),
        () => this.#wait(random.pick([0, 1, 5, 40, 300, 6_000])),
        () => this.#flush(random.pick([0, 5, 500, 4_000])),
      ])();
      this.#check();
    }
    if (random.below(3) === 0) await this.#recover();
    await this.#shutdown(random.pick([0, 5, 500, 4_000]));
  }

  /** A collector that is well for long enough gets everything. */
  async #recover(): Promise<void> {
    this.#transport.answer = () => ACCEPT;
    this.#transport.latencyMs = 1;
    await vi.advanceTimersByTimeAsync(320_000);
    expect(this.#delivery.state).toMatchObject({ requests: 0, spans: 0, bytes: 0 });
  }

  #push(): void {
    for (let count = this.#random.below(12); count > 0; count--) {
      const spans = this.#random.below(20);
      this.#pushed += spans;
      const fate = this.#delivery.push({ bytes: new Uint8Array(this.#random.below(400)), spans });
      const push = { spans, fate };
      this.#pushes.push(push);
      this.#open.add(push);
      void fate.then(() => this.#open.delete(push));
      this.#check();
    }
  }

  /** In small steps, to look at every moment. */
  async #wait(ms: number): Promise<void> {
    for (let waited = 0; waited < ms; waited += 100) {
      await vi.advanceTimersByTimeAsync(Math.min(100, ms - waited));
      this.#check();
    }
  }

  async #flush(deadlineMs: number): Promise<void> {
    const before = [...this.#open];
    let open = before;
    let left = -1;
    void this.#delivery.flush(deadlineMs).then((drained) => {
      open = before.filter((push) => this.#open.has(push));
      left = drained.left;
    });
    if (this.#random.below(2) === 0) this.#push();
    await this.#wait(deadlineMs + 1);
    expect(left).toBe(open.reduce((sum, { spans }) => sum + spans, 0));
  }

  async #shutdown(deadlineMs: number): Promise<void> {
    let isOver = false;
    const closing = this.#delivery.shutdown(deadlineMs).then(() => {
      isOver = true;
    });
    this.#push();
    await this.#wait(deadlineMs + 1);
    expect(isOver).toBe(true);
    await closing;
    this.#check();
    const { exported, lostByReason } = this.#counts.snapshot();
    expect(exported + sumOf(lostByReason)).toBe(this.#pushed);
    expect(this.#delivery.state).toMatchObject({ requests: 0, spans: 0, bytes: 0 });
    await vi.advanceTimersByTimeAsync(200);
    expect(vi.getTimerCount()).toBe(0);
    const ends = await Promise.all(
      this.#pushes.map(async ({ spans, fate }) => {
        const end = await fate;
        return end.ok ? spans - end.rejected : 0;
      }),
    );
    expect(ends.reduce((sum, sent) => sum + sent, 0)).toBe(exported);
  }

  /** What holds at every moment; `expect` is too slow for so many. */
  #check(): void {
    const { spans, triedSpans, bytes, bytesHighWater, inFlight, isAway } = this.#delivery.state;
    const { exported, lostByReason } = this.#counts.snapshot();
    const { queueBytesMax, inFlightMax } = this.#settings;
    const balance = { exported, lost: sumOf(lostByReason), queued: spans };
    if (balance.exported + balance.lost + balance.queued !== this.#pushed) {
      throw new Error(`of ${this.#pushed} spans: ${JSON.stringify(balance)}`);
    }
    if (triedSpans < 0 || triedSpans > spans) throw new Error(`${triedSpans} of ${spans} spans tried`);
    if (bytes < 0 || bytesHighWater > queueBytesMax) throw new Error(`${bytesHighWater} bytes, now ${bytes}`);
    const most = Math.max(inFlight, this.#transport.mostInFlight);
    if (most > inFlightMax) throw new Error(`${most} under way`);
    if (!isAway) this.#awaySince = -1;
    else if (this.#awaySince < 0) this.#awaySince = performance.now();
  }

  /** While the collector is away there is one at a time, but for those that were being made ready when it went. */
  #checkProbe(): void {
    const { isAway, inFlight } = this.#delivery.state;
    if (isAway && performance.now() > this.#awaySince) expect(inFlight).toBe(1);
  }
}

it(
  'holds its bounds and its sums in whatever happens',
  async () => {
    for (let seed = 1; seed <= SCRIPTS; seed++) {
      try {
        await new Script(seed).run();
      } catch (error) {
        throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, {
          cause: error,
        });
      }
      vi.restoreAllMocks();
    }
  },
  fuzzTimeoutMilliseconds,
);
