/**
 * Says in metrics what goidspan does. Owns the binding to a meter: instruments exist only where somebody collects them,
 * nothing is done for a single span, and nothing here throws into its surroundings.
 */
import type { BatchObservableCallback, Histogram, Meter, Observable } from '@opentelemetry/api';
import type { ExportEvent } from '../export/export-event.ts';
import { ExportTally } from '../export/export-tally.ts';
import type { TargetInfo, WorldStop } from '../tracer/api.ts';
import { exporterComponent, processorComponent, tracerComponent } from './components.ts';
import { ofCalls, ofKernel } from './counted-histograms.ts';
import { type Facts, factsOf, type Identity } from './facts.ts';
import type { CountedHistogram, HistogramInstrument } from './histogram.ts';
import { HistogramRecorder } from './histogram-recorder.ts';
import {
  COUNTED_INSTRUMENTS,
  GC_PAUSE_DURATION,
  OBSERVED_INSTRUMENTS,
  type ObservedInstrument,
  OPERATION_DURATION,
  STOP_DURATION,
} from './instruments.ts';
import { MeterWatch } from './meter-watch.ts';
import type { Observation, Observed } from './observed.ts';
import { targetAttributes } from './target-attributes.ts';

/** Of what the kernel counts, in one collection, over all targets: each takes a microsecond or two of the main thread. */
export const RECORDED_MAX = 2_000;
/** Calls are recorded so often, so that no collection has to record all of a minute at once. */
const CALLS_MS = 1_000;
/** … and so many in one turn of the event loop. */
const CALLS_A_TURN = 200;

/** Begins at once, with the provider that is there or with the one that will be. Never throws. */
export function observe(observed: Observed): Observation {
  return new Observer(observed);
}

class Observer implements Observation {
  readonly #tally = new ExportTally();
  readonly #identity: Identity;
  readonly #watch: MeterWatch;
  #readFacts: () => Facts;
  #durations: Histogram | undefined;
  #gcPauses: Histogram | undefined;
  #stops: Histogram | undefined;
  readonly #counted = new Map<string, Histogram>();
  readonly #ofKernel = new HistogramRecorder();
  readonly #ofCalls = new HistogramRecorder();
  readonly #observed: Observed;
  #calls: NonNullable<Observed['calls']>;
  #turn: NodeJS.Immediate | undefined;
  #unbind: () => void = () => {};

  constructor(observed: Observed) {
    const { sink, tracerStats, meterProvider, calls = () => [], producer } = observed;
    this.#observed = observed;
    this.#calls = calls;
    this.#identity = {
      processor: sink?.component === 'processor' ? processorComponent() : {},
      exporter: sink?.otlp ? exporterComponent(sink.otlp.settings.otlp) : {},
      tracer: tracerStats ? tracerComponent() : {},
    };
    this.#readFacts = () => factsOf(observed, this.#identity, this.#tally);
    this.#watch = new MeterWatch((meter) => this.#bind(meter), meterProvider);
    if (!producer) return;
    producer.source = () => this.#allCounted();
    producer.onUse = () => this.#tellWhetherCallsCount();
    this.#tellWhetherCallsCount();
  }

  onEvent(event: ExportEvent): void {
    this.#tally.add(event);
    this.#watch.look();
    if (event.kind === 'failed' || event.operationMs === undefined) return;
    const failed = event.kind === 'lost' && { 'error.type': event.reason };
    try {
      this.#durations?.record(event.operationMs / 1_000, { ...this.#identity.exporter, ...failed });
    } catch {
      // It belongs to the host's provider.
    }
  }

  onWorldStop({ lastedNs, reason, isForGc }: WorldStop, target: TargetInfo): void {
    this.#watch.look();
    const attributes = targetAttributes(target);
    try {
      if (isForGc) this.#gcPauses?.record(lastedNs / 1e9, attributes);
      this.#stops?.record(lastedNs / 1e9, { ...attributes, 'goidspan.stop.reason': reason ?? 'unknown' });
    } catch {
      // It belongs to the host's provider.
    }
  }

  stop(): void {
    this.#watch.stop();
    const last = ((this.#durations || this.#observed.producer?.isUsed) && quietly(this.#readFacts)) || {};
    const calls = quietly(this.#calls) ?? [];
    this.#readFacts = () => last;
    this.#calls = () => calls;
  }

  #bind(meter: Meter | undefined): void {
    this.#unbind();
    this.#unbind = () => {};
    this.#durations = undefined;
    this.#gcPauses = undefined;
    this.#stops = undefined;
    this.#counted.clear();
    if (meter) this.#bindTo(meter);
    this.#tellWhetherCallsCount();
  }

  #bindTo(meter: Meter): void {
    this.#durations = histogramOf(meter, OPERATION_DURATION);
    this.#gcPauses = histogramOf(meter, GC_PAUSE_DURATION);
    this.#stops = histogramOf(meter, STOP_DURATION);
    for (const instrument of COUNTED_INSTRUMENTS) {
      this.#counted.set(instrument.name, histogramOf(meter, instrument));
    }
    const bound = OBSERVED_INSTRUMENTS.map(
      (instrument) => [instrument, observableOf(meter, instrument)] as const,
    );
    const observables = bound.map(([, observable]) => observable);
    const callback: BatchObservableCallback = (result) => {
      const facts = quietly(this.#readFacts);
      if (!facts) return;
      for (const [{ points }, observable] of bound) {
        for (const { value, attributes } of points(facts)) result.observe(observable, value, attributes);
      }
      // A provider collects histograms after it has asked for what is observed.
      quietly(() => this.#recordAll(facts));
    };
    meter.addBatchObservableCallback(callback, observables);
    const timer = setInterval(() => quietly(() => this.#recordCalls()), CALLS_MS).unref();
    this.#unbind = () => {
      meter.removeBatchObservableCallback(callback, observables);
      clearInterval(timer);
      clearImmediate(this.#turn);
    };
  }

  /** Somebody collects them, by the API or by the producer. */
  #tellWhetherCallsCount(): void {
    const { countCalls, producer } = this.#observed;
    quietly(() => countCalls?.(this.#durations !== undefined || producer?.isUsed === true));
  }

  /** As they are now. */
  #allCounted(): CountedHistogram[] {
    const targets = this.#readFacts().tracer?.stats.targets ?? [];
    return [...ofCalls(this.#calls(), targets), ...ofKernel(targets)];
  }

  /** For a collection: everything that is due. */
  #recordAll({ tracer }: Facts): void {
    if (!tracer || this.#observed.producer?.isUsed) return;
    const { targets } = tracer.stats;
    this.#ofKernel.take(ofKernel(targets), RECORDED_MAX);
    this.#ofKernel.record(this.#histogram);
    this.#ofCalls.take(ofCalls(this.#calls(), targets));
    this.#ofCalls.record(this.#histogram);
  }

  #recordCalls(): void {
    const calls = this.#calls();
    if (calls.length === 0 || this.#observed.producer?.isUsed) return;
    this.#ofCalls.take(ofCalls(calls, this.#readFacts().tracer?.stats.targets ?? []));
    clearImmediate(this.#turn);
    this.#recordTurn();
  }

  #recordTurn(): void {
    const isMore = quietly(() => this.#ofCalls.record(this.#histogram, CALLS_A_TURN));
    if (isMore) this.#turn = setImmediate(() => this.#recordTurn());
  }

  readonly #histogram = ({ name }: HistogramInstrument): Histogram => this.#counted.get(name) as Histogram;
}

function histogramOf(meter: Meter, { name, bucketBoundaries, ...about }: HistogramInstrument): Histogram {
  return meter.createHistogram(name, {
    ...about,
    advice: { explicitBucketBoundaries: [...bucketBoundaries] },
  });
}

function observableOf(
  meter: Meter,
  { kind, name, unit, description, valueType }: ObservedInstrument,
): Observable {
  const options = { unit, description, valueType };
  switch (kind) {
    case 'counter':
      return meter.createObservableCounter(name, options);
    case 'upDownCounter':
      return meter.createObservableUpDownCounter(name, options);
    case 'gauge':
      return meter.createObservableGauge(name, options);
  }
}

/** What is observed may be in any state; without its facts this collection goes without us. */
function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
