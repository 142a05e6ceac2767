/**
 * Says in metrics what goidspan does. Owns the binding to a meter: instruments exist only where somebody collects them,
 * nothing is done for a single span, and nothing here throws into its surroundings.
 */
import type { BatchObservableCallback, Histogram, Meter, Observable } from '@opentelemetry/api';
import type { ExportEvent } from '../export/export-event.ts';
import { ExportTally } from '../export/export-tally.ts';
import type { TargetInfo, WorldStop } from '../tracer/api.ts';
import { AllocationHistogram } from './allocation-histogram.ts';
import { exporterComponent, processorComponent, tracerComponent } from './components.ts';
import { type Facts, factsOf, type Identity } from './facts.ts';
import {
  GC_PAUSE_DURATION,
  type HistogramInstrument,
  OBSERVED_INSTRUMENTS,
  type ObservedInstrument,
  OPERATION_DURATION,
  SLOW_ALLOCATION_DURATION,
  STOP_DURATION,
} from './instruments.ts';
import { MeterWatch } from './meter-watch.ts';
import type { Observation, Observed } from './observed.ts';
import { targetAttributes } from './target-attributes.ts';

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
  readonly #allocations = new AllocationHistogram();
  #unbind: () => void = () => {};

  constructor(observed: Observed) {
    const { sink, tracerStats, meterProvider } = observed;
    this.#identity = {
      processor: sink?.component === 'processor' ? processorComponent() : {},
      exporter: sink?.otlp ? exporterComponent(sink.otlp.settings.otlp) : {},
      tracer: tracerStats ? tracerComponent() : {},
    };
    this.#readFacts = () => factsOf(observed, this.#identity, this.#tally);
    this.#watch = new MeterWatch((meter) => this.#bind(meter), meterProvider);
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
    const last = (this.#durations && quietly(this.#readFacts)) ?? {};
    this.#readFacts = () => last;
  }

  #bind(meter: Meter | undefined): void {
    this.#unbind();
    this.#unbind = () => {};
    this.#durations = undefined;
    this.#gcPauses = undefined;
    this.#stops = undefined;
    if (!meter) return;
    this.#durations = histogramOf(meter, OPERATION_DURATION);
    this.#gcPauses = histogramOf(meter, GC_PAUSE_DURATION);
    this.#stops = histogramOf(meter, STOP_DURATION);
    const allocations = histogramOf(meter, SLOW_ALLOCATION_DURATION);
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
      if (facts.tracer) {
        const { targets } = facts.tracer.stats;
        quietly(() => this.#allocations.record(targets, allocations));
      }
    };
    meter.addBatchObservableCallback(callback, observables);
    this.#unbind = () => meter.removeBatchObservableCallback(callback, observables);
  }
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
  return kind === 'counter'
    ? meter.createObservableCounter(name, options)
    : meter.createObservableUpDownCounter(name, options);
}

/** What is observed may be in any state; without its facts this collection goes without us. */
function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
