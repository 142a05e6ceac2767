/**
 * The plug-in: a `SpanProcessor` that passes the application's own spans on and adds those of traced Go programs.
 * Owns its life: starting by itself, inert when the host cannot trace, detached before drained. After the construction
 * nothing of it throws into the application.
 */
import { type Context, diag, type Span } from '@opentelemetry/api';
import { BatchSink } from '../export/batch-sink.ts';
import { FailureReporter } from '../export/failure-reporter.ts';
import { isSdkDisabled } from '../export/settings.ts';
import type { SpanExporter, SpanSink } from '../export/span-sink.ts';
import { OtlpExport } from '../otlp-client/otlp-export.ts';
import { reportHooks } from '../otlp-client/report-hooks.ts';
import type { ReadableSpan } from '../span/readable-span.ts';
import { AgentHistory } from '../telemetry/agent-history.ts';
import { HistogramProducer } from '../telemetry/histogram-producer.ts';
import { observe } from '../telemetry/observe.ts';
import type { Observation, Observed } from '../telemetry/observed.ts';
import type { TracerEvent, TracerStats } from '../tracer/api.ts';
import { budgetText } from '../tracer/budget-text.ts';
import { degradedText } from '../tracer/degraded-text.ts';
import { raiseText } from '../tracer/raise-text.ts';
import { Tracer } from '../tracer/tracer.ts';
import { checkOptions, type ExportChoice, type Settings } from './check-options.ts';
import { EmbeddedPage } from './embedded-page.ts';
import type { MetricProducer } from './metric-producer.ts';
import type { GoidSpanProcessorOptions } from './options.ts';
import { messageOf, reasonOf } from './reason.ts';
import type { SpanProcessor } from './span-processor.ts';
import type { GoidSpanProcessorStatus, Reason, RefusedTarget } from './status.ts';
import { TargetWatch } from './target-watch.ts';

const REFUSALS_MAX = 100;

/**
 * Traces Go programs and hands their spans, beside the application's own, to an exporter or a processor. Starts at its
 * construction. Works in the SDKs 2.x (`sdk-trace-base`) and 3.x (`sdk-trace`); Linux ≥ 5.10 on x86-64, ≥ 6.1 on arm64, elsewhere inert.
 */
export class GoidSpanProcessor implements SpanProcessor {
  readonly #settings: Settings;
  readonly #log = diag.createComponentLogger({ namespace: 'goidspan' });
  readonly #inner: SpanProcessor;
  /** Where spans go, unless that is a processor of the application. */
  readonly #sink: BatchSink | OtlpExport | undefined;
  readonly #page: EmbeddedPage | undefined;
  readonly #history: AgentHistory | undefined;
  readonly #observation: Observation | undefined;
  readonly #producer = new HistogramProducer();
  #countsCalls = false;
  readonly #started: Promise<void>;
  readonly #refused: RefusedTarget[] = [];
  readonly #told = new Set<string>();
  #state: GoidSpanProcessorStatus['state'] = 'starting';
  #reason: Reason | undefined;
  #tracer: Tracer | undefined;
  #watch: TargetWatch | undefined;
  #closing: Promise<void> | undefined;

  /** @throws {TypeError | RangeError} that names the option. What the host cannot do is told by `status`. */
  constructor(options: GoidSpanProcessorOptions) {
    this.#settings = checkOptions(options, process.env, (message) => this.#log.warn(message));
    const { out } = this.#settings;
    this.#sink = this.#sinkOf(out);
    this.#inner = 'processor' in out ? out.processor : processorOf(this.#sink as BatchSink | OtlpExport);
    this.#observation = isSdkDisabled(process.env) ? undefined : observe(this.#observed(out));
    const { page } = this.#settings;
    if (page && !isSdkDisabled(process.env)) {
      const { sampler, keep } = this.#settings;
      const history = new AgentHistory({ stats: () => this.#stats(), sampler, keep });
      this.#history = history;
      this.#page = new EmbeddedPage(page, this.#log, () => history.state());
    }
    this.#started = this.#start();
  }

  onStart(span: Span, parentContext: Context): void {
    this.#guard('onStart', () => this.#inner.onStart(span, parentContext));
  }

  onEnding(span: Span): void {
    this.#guard('onEnding', () => this.#inner.onEnding?.(span));
  }

  onEnd(span: ReadableSpan): void {
    this.#guard('onEnd', () => this.#inner.onEnd(span));
    this.#page?.onEnd(span);
  }

  /** Takes in what the kernel holds now and flushes, for `shutdownTimeoutMillis` at most. Never rejects. */
  async forceFlush(): Promise<void> {
    const flush = async (): Promise<void> => {
      await this.#started;
      await this.#tracer?.stats();
      await Promise.all([this.#inner.forceFlush(), this.#page?.forceFlush()]);
    };
    await this.#within(this.#settings.shutdownTimeoutMs, 'forceFlush', flush);
  }

  /** Detaches, drains, shuts the exporter or processor down, in `shutdownTimeoutMillis` at most. Idempotent; never rejects. */
  shutdown(): Promise<void> {
    this.#closing ??= this.#shutdown();
    return this.#closing;
  }

  /**
   * Histograms of the traced programs as they are, for `metricProducers` of a metric reader, whose points are cumulative: of
   * very many calls a second that spares the main thread the microsecond or two in which the metrics API takes each of them.
   * Who has it once is told nothing of these by the API.
   */
  get metricProducer(): MetricProducer {
    return this.#producer.use();
  }

  /** What it does, why it does not, and everything that is counted. Never throws. */
  status(): GoidSpanProcessorStatus {
    const stats = this.#stats();
    return {
      state: this.#state,
      ...(this.#reason && { reason: this.#reason }),
      refused: [...this.#refused],
      ...(this.#page && { page: this.#page.status() }),
      ...(stats && { stats }),
      ...(this.#sink && { exports: this.#sink.counts() }),
      ...(this.#sink instanceof OtlpExport && {
        queue: this.#sink.queue,
        transfers: this.#sink.transfers(),
      }),
    };
  }

  async #start(): Promise<void> {
    if (isSdkDisabled(process.env)) {
      this.#state = 'inert';
      this.#reason = { message: 'OTEL_SDK_DISABLED is true' };
      return;
    }
    const {
      sampler,
      kernel,
      serviceName,
      level,
      raise,
      waits,
      waitMinMillis,
      slowMillis,
      routes,
      profileHz,
      budget,
      keep,
      sdk,
      telemetryExports,
      dbStatement,
      grpcHealth,
      pollIntervalMs,
      askTargets,
    } = this.#settings;
    await this.#page?.open();
    try {
      const tracer = await Tracer.open({
        processors: [this.#sink ?? this.#inner, ...(this.#page?.sinks ?? [])],
        // The shutdown of what is behind drains as well, within one deadline.
        flushesProcessors: false,
        sampler,
        kernel,
        ...(serviceName !== undefined && { serviceName }),
        level,
        raise,
        waits,
        waitMinMillis,
        slowMillis,
        routes,
        profileHz,
        budget,
        keep,
        sdk,
        telemetryExports,
        dbStatement,
        grpcHealth,
        onWorldStop: (stop, target) => this.#observation?.onWorldStop(stop, target),
        onEvent: (event) => this.#follow(event),
      });
      this.#tracer = tracer;
      tracer.countCalls(this.#countsCalls);
      if (this.#closing) return;
      this.#state = 'tracing';
      this.#watch = new TargetWatch(
        {
          askTargets,
          attachPid: (pid) => tracer.attachPid(pid),
          followExecutables: (globs) => tracer.followExecutables(globs),
          refused: (pid, error) => this.#refuse(pid, error),
          failed: (error) => this.#warnOnce(`cannot follow the targets: ${messageOf(error)}`),
        },
        pollIntervalMs,
      );
    } catch (error) {
      this.#state = 'inert';
      this.#reason = reasonOf(error);
      this.#log.error(`no Go program is traced: ${this.#reason.message}`);
      return;
    }
    await this.#watch.start();
  }

  #sinkOf(out: ExportChoice): BatchSink | OtlpExport | undefined {
    const warn = (message: string): void => this.#log.warn(message);
    if ('otlp' in out) {
      const hooks = reportHooks(out.otlp.otlp.url, warn, (event) => {
        this.#observation?.onEvent(event);
        this.#settings.stats?.(event);
      });
      return new OtlpExport(out.otlp, hooks);
    }
    if ('processor' in out) return undefined;
    const reporter = new FailureReporter(nameOf(out.exporter), warn);
    return new BatchSink(out.exporter, { name: 'exporter', batch: out.batch, reporter });
  }

  #observed(out: ExportChoice): Observed {
    const sink = this.#sink;
    return {
      tracerStats: () => this.#stats(),
      calls: () => this.#tracer?.callCounts() ?? [],
      countCalls: (on) => {
        this.#countsCalls = on;
        this.#tracer?.countCalls(on);
      },
      producer: this.#producer,
      ...(sink && {
        sink: {
          component: 'processor',
          counts: () => sink.counts(),
          ...('otlp' in out &&
            sink instanceof OtlpExport && { otlp: { settings: out.otlp, queue: () => sink.queue } }),
        },
      }),
    };
  }

  async #shutdown(): Promise<void> {
    const endsAt = performance.now() + this.#settings.shutdownTimeoutMs;
    // Half of the time at most, so that what has been taken in can still get out.
    await this.#within(this.#settings.shutdownTimeoutMs / 2, 'detach', async () => {
      // The first round may wait for the user's function; no attach is under way once the watch has stopped.
      await (this.#watch?.stop() ?? this.#started);
      await this.#tracer?.close();
    });
    const leftMs = endsAt - performance.now();
    const closed = this.#within(leftMs, 'closing the page', async () => this.#page?.close(leftMs));
    await Promise.all([closed, this.#shutDownInner(leftMs)]);
    this.#history?.close();
    this.#state = 'closed';
    this.#observation?.stop();
  }

  async #shutDownInner(leftMs: number): Promise<void> {
    // The queue keeps the deadline itself, and counts what it has to give up.
    if (this.#sink) await this.#sink.shutdown(leftMs);
    else await this.#within(leftMs, 'shutdown', async () => this.#inner.shutdown());
  }

  #follow(event: TracerEvent): void {
    this.#history?.follow(event);
    switch (event.kind) {
      case 'attached':
        this.#log.info(
          `attached to ${event.target.serviceName} (pid ${event.target.pid}, ${event.target.exe})` +
            (event.notDeeper === undefined ? '' : `, with ${event.notDeeper}`),
        );
        break;
      case 'refused':
        this.#refuse(event.pid, event.error);
        break;
      case 'ended':
        this.#watch?.ended(event.target.pid);
        this.#log.info(`no longer tracing ${event.target.serviceName} (pid ${event.target.pid})`);
        break;
      case 'level':
      case 'budget_exceeded':
        this.#log.info(budgetText(event));
        break;
      case 'raised':
      case 'raise_ended':
        this.#log.info(raiseText(event));
        break;
      case 'degraded':
        this.#log.info(degradedText(event));
        break;
      case 'warning':
        this.#warnOnce(event.message);
    }
  }

  #refuse(pid: number, error: unknown): void {
    const reason = reasonOf(error);
    this.#refused.push({ pid, ...reason });
    if (this.#refused.length > REFUSALS_MAX) this.#refused.shift();
    this.#log.warn(reason.message);
  }

  #stats(): TracerStats | undefined {
    try {
      return this.#tracer?.currentStats();
    } catch (error) {
      this.#warnOnce(messageOf(error));
      return undefined;
    }
  }

  /** What the inner processor throws is told, not passed on. */
  #guard(what: string, call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#warnOnce(`the processor behind threw in ${what}: ${messageOf(error)}`);
    }
  }

  /** Resolves when the work is done, has failed (which is told), or the time is over. Keeps the process alive meanwhile. */
  async #within(ms: number, what: string, work: () => Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        this.#warnOnce(`${what} was not done within ${this.#settings.shutdownTimeoutMs} ms`);
        resolve();
      }, ms);
    });
    const done = work().catch((error) => this.#warnOnce(`${what} failed: ${messageOf(error)}`));
    await Promise.race([done, deadline]);
    clearTimeout(timer);
  }

  #warnOnce(message: string): void {
    if (this.#told.has(message) || this.#told.size >= REFUSALS_MAX) return;
    this.#told.add(message);
    this.#log.warn(message);
  }
}

/** An exporter as a processor: it has no interest in spans that begin. */
function processorOf(sink: SpanSink): SpanProcessor {
  return {
    onStart: () => {},
    onEnd: (span) => sink.onEnd(span),
    forceFlush: () => sink.forceFlush(),
    shutdown: () => sink.shutdown(),
  };
}

function nameOf(exporter: SpanExporter): string {
  return exporter.constructor?.name || 'the exporter';
}
