/** A sink in the draining thread, of which the main thread hears by reports. Owns the events between two of them. */
import type { ExportEvent } from '../export/export-event.ts';
import type { LastFacts } from '../otlp/last-fact.ts';
import type { OtlpSink } from '../otlp-client/otlp-sink.ts';
import type { OtlpSinkHooks } from '../otlp-client/otlp-sink-settings.ts';
import type { SinkReport } from './ingest-protocol.ts';
import { buildSink, type SinkPlan } from './sink-plan.ts';

const EVENTS_MAX = 256;

export interface ReportedSinkHooks extends Pick<OtlpSinkHooks, 'onFailure'> {
  /** Something is to be reported; `isMuch`: now. */
  readonly onSomething: (isMuch: boolean) => void;
}

export class ReportedSink {
  readonly sink: OtlpSink;
  #events: ExportEvent[] = [];

  constructor(plan: SinkPlan, { onFailure, onSomething }: ReportedSinkHooks, lastFacts?: LastFacts) {
    const hooks: OtlpSinkHooks = {
      onFailure,
      onEvent: (event) => {
        this.#events.push(event);
        onSomething(this.#events.length >= EVENTS_MAX);
      },
    };
    this.sink = buildSink(plan, hooks, lastFacts);
  }

  /** Of all time, with the events since the last report. */
  report(): SinkReport {
    const events = this.#events;
    this.#events = [];
    return { counts: this.sink.counts(), queue: this.sink.queue, events };
  }
}
