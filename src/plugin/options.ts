/** What a {@link GoidSpanProcessor} is given. Owns the types; `check-options.ts` holds them to their ranges. */
import type { ExportEvent } from '../export/export-event.ts';
import type { SpanExporter } from '../export/span-sink.ts';
import type { OtlpOptions } from '../otlp-client/options.ts';
import type { ProbeLevel } from '../probes/hook.ts';
import type { Raise } from '../probes/raise.ts';
import type { SdkMode } from '../probes/sdk-mode.ts';
import type { StatementForm } from '../span/statement-form.ts';
import type { WaitForm } from '../span/wait-form.ts';
import type { SpanProcessor } from './span-processor.ts';

/** A process to trace, by its id in this process's pid namespace. */
export interface PidTarget {
  readonly pid: number;
}

/**
 * Every process, now and later, whose executable matches: `*` within one part of the path, `**` across parts, `?` one
 * character. `/srv/*` is `/srv/app`, not `/srv/a/app`.
 */
export interface ExeTarget {
  readonly exe: string;
}

/** One way to name what is traced. */
export type Target = PidTarget | ExeTarget;

/**
 * What is traced. A function is asked at the start and then every `pollIntervalMillis`: what it adds is attached. A
 * pid that it no longer names is traced until the process ends; a glob is followed for good.
 */
export type Targets =
  | Target
  | readonly Target[]
  | (() => Target | readonly Target[] | Promise<Target | readonly Target[]>);

/** Which traces are kept, decided in the kernel when a request begins. */
export interface SamplerOptions {
  /** Share of the traces that start in a traced process, 0 to 1. Default 1. */
  readonly ratio?: number;
  /** The sampled flag of a request's `traceparent` decides before the ratio does. Default true. */
  readonly parentBased?: boolean;
}

/**
 * Which traces are kept, decided when their local root has ended: their outermost span in a traced process. At least one must be
 * given; a trace is kept if one of them is so.
 */
export interface KeepOptions {
  /** The root was slow, as `slowMillis` says. Default false. */
  readonly slow?: boolean;
  /** The root has failed. Default false. */
  readonly error?: boolean;
  /** Share of all that are drawn by their trace ids, 0 to 1. Default 0. */
  readonly ratio?: number;
}

/** Sizes and times; each has a default. Those of the queue are not for a `processor`, which has its own. */
export interface Limits {
  /** Bytes of the ring buffer, a power of two from 4,096 to 1 GiB. Default 32 MiB. */
  readonly ringBytes?: number;
  /** Spans open at once, over all targets (1.7 kB of kernel memory each). Default 10,240. */
  readonly openSpansMax?: number;
  /** Live goroutines that inherited a span, over all targets (0.1 kB each). Default 65,536. */
  readonly inheritedMax?: number;
  /** Bytes of encoded spans that wait or are under way; for OTLP by goidspan. Default 64 MiB. */
  readonly maxQueueBytes?: number;
  /**
   * Spans that wait for export. Default `OTEL_BSP_MAX_QUEUE_SIZE`, else 16,384 before an injected `exporter`, and no bound
   * but `maxQueueBytes` for OTLP by goidspan.
   */
  readonly maxQueueSize?: number;
  /** Spans in one export. Default `OTEL_BSP_MAX_EXPORT_BATCH_SIZE`, else 512. */
  readonly maxExportBatchSize?: number;
  /** Longest wait of a span for its batch. Default `OTEL_BSP_SCHEDULE_DELAY`, else 5,000. */
  readonly scheduledDelayMillis?: number;
  /**
   * For one batch with all its tries. Default `OTEL_BSP_EXPORT_TIMEOUT`, else 30,000 before an injected `exporter`, and
   * 300,000 for OTLP by goidspan, which keeps what it cannot deliver for so long.
   */
  readonly exportTimeoutMillis?: number;
  /** For all of `shutdown`, and for all of `forceFlush`. Default 5,000. */
  readonly shutdownTimeoutMillis?: number;
}

/** A page that shows spans and why they were slow, on this host alone, and the store behind it. */
export interface PageOptions {
  /** 0: any that is free. Default 7777, or another if that is taken. */
  readonly port?: number;
  /** Folder of the store, which one process at a time can write. Default `goidspan` in `XDG_STATE_HOME`. */
  readonly store?: string;
  /** Of all its files, in bytes. Default 1 GiB. */
  readonly storeBytes?: number;
  /** How long spans are kept. Default 24 hours. */
  readonly storeAgeMillis?: number;
  /** Where the page of a Jaeger is that has the spans, too: only figures of them are kept here, and traces are asked there. */
  readonly spansInJaeger?: string;
}

/** At most one of `otlp`, `exporter` and `processor`; without any, OTLP as the standard variables say. */
export interface GoidSpanProcessorOptions {
  readonly targets: Targets;
  /**
   * How spans leave by OTLP, those of the targets and the application's own; what is missing comes from the standard
   * variables. The targets' spans are made and sent by a thread of their own.
   */
  readonly otlp?: OtlpOptions;
  /** Told what happens in the export by OTLP (not by `exporter` or `processor`); what it throws is dropped. */
  readonly stats?: (event: ExportEvent) => void;
  /** Where spans go, those of the targets and the application's own; a queue with retries is put before it. A `GoidOtlpExporter` gives its settings instead. */
  readonly exporter?: SpanExporter;
  /** Where spans go, those of the targets and the application's own: any `SpanProcessor`. */
  readonly processor?: SpanProcessor;
  /** Default: `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`, else every trace, unless a remote parent says no. */
  readonly sampler?: SamplerOptions;
  readonly limits?: Limits;
  /** `service.name` of all targets. Default: each target's own, as its environment says. */
  readonly serviceName?: string;
  /**
   * How deep the targets are looked at: `spans`; `waits`, where the time of each span went; `runtime`, and what of it the
   * garbage collector and the slow ways to memory took; `cpu`, and where in the code. Default `GOIDSPAN_LEVEL`, else `spans`.
   */
  readonly level?: ProbeLevel;
  /**
   * When a route has become slow (99 of 100 of its requests take twice as long as usual), the targets are looked at as deep as
   * this for a minute, as far as the budget allows. Default `GOIDSPAN_RAISE`, else `none`.
   */
  readonly raise?: Raise;
  /**
   * From level `waits` on, how waits within spans are told: `spans`, the 20 longest of each as spans of their own beside its
   * breakdown; `events`, the same as its events; `attributes`, the breakdown only; or `none`. Default `spans`.
   */
  readonly waits?: WaitForm;
  /** The shortest wait that is a span of its own, in milliseconds. Default 1. */
  readonly waitMinMillis?: number;
  /**
   * Requests that take as long, in milliseconds, are slow: from level `waits` on they say why, and `keep` may keep them. By default those of 100 ms, and from
   * 5 ms on those that are slower than 95 % of their route, and take twice as long as half of them.
   */
  readonly slowMillis?: number;
  /**
   * Routes of requests that their program tells none of: `GET /users/{id}`, or without a method; `{name}` is one part of the path, `{name...}`
   * or `*` at the end all that follow. The most specific one that fits is `http.route`. Default `GOIDSPAN_ROUTES`, which has commas
   * between them, else none.
   */
  readonly routes?: readonly string[];
  /**
   * What probes may take, as a part of the processors' time that the targets may use: above it they are looked at less deep for a
   * while, but never less than at level `spans`. Default: 0.02; `none`: as deep as `level` says.
   */
  readonly budget?: number | 'none';
  /** At level `cpu`: how often each processor is looked at, in 1/s. Default 99. */
  readonly profileHz?: number;
  /**
   * Which traces are kept whole, of those that the sampler has chosen; the others are dropped before they are decoded. Default
   * `GOIDSPAN_KEEP`, else all.
   */
  readonly keep?: KeepOptions;
  /**
   * What is done with a target that has an OpenTelemetry SDK: its spans are the context of ours, and what they say is not said again
   * (`join`); or both tell of the same (`ignore`); or it is not traced (`off`). Default `GOIDSPAN_SDK`, else `join`.
   */
  readonly sdk?: SdkMode;
  /** Calls of the targets that send their own telemetry to a collector (OTLP, Zipkin, Jaeger) have spans as well. Default false. */
  readonly telemetryExports?: boolean;
  /** `db.query.text` of the targets: with literals replaced by `?`, as the program has written it, or left out. Default `sanitized`. */
  readonly dbStatement?: StatementForm;
  /** Whether calls of gRPC's own services, health checks and reflection, are traced as any others. Default false. */
  readonly grpcHealth?: boolean;
  /**
   * Shows the spans of the targets and the application's own on a page, beside all else that becomes of them: `status().page` says where,
   * or why there is none. Keeps no process alive. Node ≥ 22.13. Default false.
   */
  readonly page?: boolean | PageOptions;
  /** How often a function of `targets` is asked, and pids that are not attached are looked at: 10 or more. Default 1,000. */
  readonly pollIntervalMillis?: number;
}
