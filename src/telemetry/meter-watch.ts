/**
 * Finds the meter to use, and notices when that is another one. The metrics API hands out no proxies: what was asked of
 * it before a provider is registered stays without effect for ever, so it has to be asked again.
 */
import { createNoopMeter, type Meter, type MeterProvider, metrics } from '@opentelemetry/api';
import { VERSION } from '../version.ts';

/** Beside every event; without spans there is no event. */
const LOOK_AGAIN_MS = 5_000;

const NoopMeter = createNoopMeter().constructor;

export class MeterWatch {
  readonly #onMeter: (meter: Meter | undefined) => void;
  readonly #fixed: MeterProvider | undefined;
  #provider: MeterProvider | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** `onMeter` is told of each change, undefined of the end of a provider; at once if there is one. It may throw. */
  constructor(onMeter: (meter: Meter | undefined) => void, fixed?: MeterProvider) {
    this.#onMeter = onMeter;
    this.#fixed = fixed;
    this.look();
    if (!fixed) this.#timer = setInterval(() => this.look(), LOOK_AGAIN_MS).unref();
  }

  /** Cheap as long as nothing has changed. Never throws. */
  look(): void {
    const provider = this.#fixed ?? metrics.getMeterProvider();
    if (provider === this.#provider) return;
    this.#provider = provider;
    try {
      const meter = provider.getMeter('goidspan', VERSION);
      this.#onMeter(meter.constructor === NoopMeter ? undefined : meter);
    } catch {
      // A provider that throws is as good as none.
    }
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
