/**
 * Whether a call sends the program's own telemetry to a collector, as the exporters of OpenTelemetry, Zipkin and Jaeger do.
 * Sources: OTLP 1.9.0, "OTLP/gRPC", "OTLP/HTTP Request"; Zipkin's API v2; Jaeger's collector (`/api/traces`, Thrift; `api_v2`).
 */
import type { SpanFact } from '../correlate/fact.ts';

/** At the end of a path, before which the endpoint may have one of its own. */
const PATH = /\/(v1\/(traces|metrics|logs)|v1development\/profiles|api\/v2\/spans|api\/traces)$/;

/** Of all services of OTLP, and of those of Jaeger before it. */
const METHOD = /^\/?(opentelemetry\.proto\.collector\.|jaeger\.api_v2\.CollectorService\/)/;

export function isTelemetryExport(fact: SpanFact): boolean {
  if (fact.spanKind !== 'client') return false;
  if (fact.family === 'grpc') return METHOD.test(fact.body.method ?? '');
  return fact.family === 'http' && fact.body.method === 'POST' && PATH.test(fact.body.path);
}
