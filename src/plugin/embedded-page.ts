/**
 * The page of a plug-in: keeps the application's spans and those of the targets, and shows them on this host. Owns its life; keeps no
 * process alive, and where there can be no page, says why and does without.
 */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { DiagLogger } from '@opentelemetry/api';
import type { SpanLimits } from '../otlp/limits.ts';
import type { OtlpExport } from '../otlp-client/otlp-export.ts';
import { reportHooks } from '../otlp-client/report-hooks.ts';
import type { AgentState } from '../page-api/agent-state.ts';
import { pagePorts } from '../page-api/limits.ts';
import type { Backend } from '../page-server/backend.ts';
import { createPageSink } from '../page-server/page-sink.ts';
import type { ReadableSpan } from '../span/readable-span.ts';
import { reasonOf } from './reason.ts';
import type { PageStatus, Reason } from './status.ts';

/** The page that is wanted, complete but for what the platform says. */
export interface PageSettings {
  /** Undefined: 7777, or another if that is taken. */
  readonly port: number | undefined;
  /** Undefined: the default of the platform. */
  readonly store: string | undefined;
  readonly storeBytes: number;
  readonly storeAgeMs: number;
  /** Of the page of a Jaeger. */
  readonly spansInJaeger: string | undefined;
  readonly limits: SpanLimits;
}

const HOST = '127.0.0.1';

export class EmbeddedPage {
  readonly #settings: PageSettings;
  readonly #log: Pick<DiagLogger, 'info' | 'warn'>;
  readonly #sink: OtlpExport;
  readonly #ports: MessagePort[] = [];
  readonly #agent: () => AgentState | undefined;
  #backend: Backend | undefined;
  #reason: Reason | undefined;
  #isClosed = false;

  /** `agent`: what the tracer tells of itself; must not throw. */
  constructor(
    settings: PageSettings,
    log: Pick<DiagLogger, 'info' | 'warn'>,
    agent: () => AgentState | undefined,
  ) {
    this.#agent = agent;
    this.#settings = settings;
    this.#log = log;
    const hooks = reportHooks(
      'the store',
      (message) => log.warn(message),
      () => {},
    );
    this.#sink = createPageSink(() => this.#openPort(), settings.limits, hooks);
  }

  /** For spans of the targets; none where there is no page. */
  get sinks(): readonly OtlpExport[] {
    return this.#reason ? [] : [this.#sink];
  }

  status(): PageStatus {
    const { url } = this.#backend ?? {};
    return {
      ...(url !== undefined && { url }),
      ...(this.#reason && { reason: this.#reason }),
      exports: this.#sink.counts(),
    };
  }

  /** The application's own. Those that come before the store is open wait for it. */
  onEnd(span: ReadableSpan): void {
    if (!this.#reason) this.#sink.onEnd(span);
  }

  /** Where there can be none, what waits is lost and counted. Never rejects. */
  async open(): Promise<void> {
    try {
      const backend = await openBackend(this.#settings);
      // Who closes does not wait for an opening that takes long.
      if (this.#isClosed) {
        for (const one of this.#ports.splice(0)) one.close();
        return await backend.close();
      }
      this.#backend = backend;
      backend.tellOf(this.#agent);
      for (const one of this.#ports.splice(0)) this.#backend.answer(one);
      this.#log.info(`the page is at ${this.#backend.url}`);
    } catch (error) {
      this.#reason = reasonOf(error);
      for (const one of this.#ports.splice(0)) one.close();
      this.#log.warn(`no page: ${this.#reason.message}`);
    }
  }

  forceFlush(): Promise<void> {
    return this.#sink.forceFlush();
  }

  /** What was handed over is kept, until the deadline. Never rejects. */
  async close(deadlineMs: number): Promise<void> {
    this.#isClosed = true;
    await this.#sink.shutdown(deadlineMs);
    await this.#backend?.close();
  }

  #openPort(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    if (this.#reason) port1.close();
    else if (this.#backend) this.#backend.answer(port1);
    else this.#ports.push(port1);
    return port2;
  }
}

async function openBackend({
  port,
  store,
  storeBytes,
  storeAgeMs,
  spansInJaeger,
}: PageSettings): Promise<Backend> {
  // Loaded only when wanted.
  const { Backend } = await import('../page-server/backend.ts');
  return Backend.open({
    store: { folder: store, maxBytes: storeBytes, maxAgeMs: storeAgeMs, spansInJaeger },
    host: HOST,
    ports: pagePorts(port),
    token: undefined,
    keepsAlive: false,
  });
}
