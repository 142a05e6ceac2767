/**
 * What the page looks for in the words of Jaeger's `GET /api/v3/traces`. Pure. Names with underscores: older ones than 2.19 know no others.
 * Source: https://github.com/jaegertracing/jaeger/blob/v1.76.0/cmd/query/app/apiv3/http_gateway.go
 */
import type { SearchQuery } from '../page-api/query.ts';
import { GOIDSPAN_VERDICT_CAUSE, GOIDSPAN_WAIT_TOP } from '../span/attribute-names.ts';

/** Times that Go can read end with the year 9999. */
const LATEST_US = Date.UTC(9999, 0) * 1000;

export function searchParams(query: SearchQuery, traces: number): Record<string, string> {
  const attributes = attributesOf(query);
  const given = {
    service_name: query.service,
    operation_name: query.name,
    start_time_min: timeText(query.fromUs),
    start_time_max: timeText(query.toUs),
    duration_min: query.minNs === undefined ? undefined : `${query.minNs}ns`,
    duration_max: query.maxNs === undefined ? undefined : `${query.maxNs}ns`,
    // Not known to 1.76, which then finds others as well.
    attributes: attributes && JSON.stringify(attributes),
    // The former name and the present one.
    num_traces: String(traces),
    search_depth: String(traces),
  };
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) =>
      value === undefined ? [] : [[`query.${name}`, value] as const],
    ),
  );
}

/** `error` is Jaeger's word for the status. Undefined: none. */
function attributesOf({
  attributes = [],
  isError,
  waitTop,
  cause,
}: SearchQuery): Record<string, string> | undefined {
  const pairs = [
    ...attributes.map(({ key, value }) => [key, value] as const),
    ...(isError ? [['error', 'true'] as const] : []),
    ...(waitTop === undefined ? [] : [[GOIDSPAN_WAIT_TOP, waitTop] as const]),
    ...(cause === undefined ? [] : [[GOIDSPAN_VERDICT_CAUSE, cause] as const]),
  ];
  return pairs.length > 0 ? Object.fromEntries(pairs) : undefined;
}

/** RFC 3339, with microseconds. */
function timeText(us: number): string {
  const whole = Math.min(Math.max(0, Math.floor(us)), LATEST_US);
  const seconds = new Date(Math.floor(whole / 1e6) * 1e3).toISOString().slice(0, -5);
  return `${seconds}.${String(whole % 1e6).padStart(6, '0')}Z`;
}
