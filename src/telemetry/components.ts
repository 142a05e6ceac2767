/**
 * How the parts of goidspan are named in metrics: `otel.component.type` and a name that is unique in the process.
 * https://opentelemetry.io/docs/specs/semconv/registry/attributes/otel/
 */
import type { Attributes } from '@opentelemetry/api';
import type { OtlpSettings } from '../otlp-client/settings.ts';

const countByType = new Map<string, number>();

/** `name` differs from `type` where others may use the type as well. */
function componentOf(type: string, name = type): Attributes {
  const count = countByType.get(type) ?? 0;
  countByType.set(type, count + 1);
  return { 'otel.component.type': type, 'otel.component.name': `${name}/${count}` };
}

export const processorComponent = (): Attributes => componentOf('goid_batch_span_processor');

export const tracerComponent = (): Attributes => componentOf('goid_tracer');

/** With the address of its collector: of a Unix socket its path, and no port. */
export function exporterComponent({ protocol, url }: Pick<OtlpSettings, 'protocol' | 'url'>): Attributes {
  const type = protocol === 'grpc' ? 'otlp_grpc_span_exporter' : 'otlp_http_span_exporter';
  return { ...componentOf(type, `goid_${type}`), ...serverOf(new URL(url)) };
}

function serverOf({ protocol, hostname, port, pathname }: URL): Attributes {
  if (protocol === 'unix:') return { 'server.address': pathname };
  return {
    'server.address': hostname.replace(/^\[|\]$/g, ''),
    'server.port': Number(port || (protocol === 'https:' ? 443 : 80)),
  };
}
