/**
 * The shape of a span that any OpenTelemetry JS SDK (2.x and 3.x) accepts behind `SpanProcessor.onEnd`.
 * Owns types only, and only from `@opentelemetry/api`: the SDK stays an optional peer, and no class of it is
 * ever compared with `instanceof`.
 */
import type { Attributes, HrTime, Link, SpanContext, SpanKind, SpanStatus } from '@opentelemetry/api';

/** A raw attribute of a resource, as `Resource.getRawAttributes` lists them. */
export type RawResourceAttribute = [string, Attributes[string] | Promise<Attributes[string]> | undefined];

/** The entity that made the telemetry. Serializers group by object identity: one object per target. */
export interface Resource {
  readonly attributes: Attributes;
  readonly asyncAttributesPending?: boolean;
  readonly schemaUrl?: string;
  waitForAsyncAttributes?(): Promise<void>;
  merge(other: Resource | null): Resource;
  getRawAttributes(): RawResourceAttribute[];
}

/** What made the span: always `goidspan` with the version of this package. */
export interface InstrumentationScope {
  readonly name: string;
  readonly version?: string;
  readonly schemaUrl?: string;
}

/** An event on a span. */
export interface TimedEvent {
  time: HrTime;
  name: string;
  attributes?: Attributes;
  droppedAttributesCount?: number;
}

/** An ended span. Structurally the `ReadableSpan` of `@opentelemetry/sdk-trace-base` 2.x and `sdk-trace` 3.x. */
export interface ReadableSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly spanContext: () => SpanContext;
  /** Absent for the root of a trace. */
  readonly parentSpanContext?: SpanContext;
  /** Unix time, `[seconds, nanoseconds]`, integers. */
  readonly startTime: HrTime;
  /** Unix time, `[seconds, nanoseconds]`, integers. */
  readonly endTime: HrTime;
  readonly status: SpanStatus;
  readonly attributes: Attributes;
  readonly links: Link[];
  readonly events: TimedEvent[];
  /** `[seconds, nanoseconds]`, integers, never negative. */
  readonly duration: HrTime;
  readonly ended: boolean;
  readonly resource: Resource;
  readonly instrumentationScope: InstrumentationScope;
  readonly droppedAttributesCount: number;
  readonly droppedEventsCount: number;
  readonly droppedLinksCount: number;
}
