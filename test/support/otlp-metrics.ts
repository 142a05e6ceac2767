/** Decodes OTLP metrics by reflection (protobufjs), as far as tests look at them. */
import { isDeepStrictEqual } from 'node:util';
import protobuf from 'protobufjs';

const field = (id: number, type: string) => ({ id, type });
const many = (id: number, type: string) => ({ id, type, rule: 'repeated' });

/** https://github.com/open-telemetry/opentelemetry-proto/tree/v1.9.0/opentelemetry/proto */
const root = protobuf.Root.fromJSON({
  nested: {
    Request: { fields: { resourceMetrics: many(1, 'ResourceMetrics') } },
    ResourceMetrics: { fields: { resource: field(1, 'Resource'), scopeMetrics: many(2, 'ScopeMetrics') } },
    Resource: { fields: { attributes: many(1, 'KeyValue') } },
    ScopeMetrics: { fields: { scope: field(1, 'Scope'), metrics: many(2, 'Metric') } },
    Scope: { fields: { name: field(1, 'string'), version: field(2, 'string') } },
    Metric: {
      fields: {
        name: field(1, 'string'),
        unit: field(3, 'string'),
        sum: field(7, 'Sum'),
        histogram: field(9, 'Histogram'),
      },
    },
    Sum: { fields: { dataPoints: many(1, 'NumberPoint'), isMonotonic: field(3, 'bool') } },
    Histogram: { fields: { dataPoints: many(1, 'HistogramPoint') } },
    NumberPoint: {
      fields: {
        asDouble: field(4, 'double'),
        asInt: field(6, 'sfixed64'),
        attributes: many(7, 'KeyValue'),
      },
    },
    HistogramPoint: {
      fields: {
        count: field(4, 'fixed64'),
        sum: field(5, 'double'),
        bucketCounts: many(6, 'fixed64'),
        explicitBounds: many(7, 'double'),
        attributes: many(9, 'KeyValue'),
      },
    },
    KeyValue: { fields: { key: field(1, 'string'), value: field(2, 'AnyValue') } },
    AnyValue: {
      oneofs: { value: { oneof: ['string', 'bool', 'int', 'double'] } },
      fields: {
        string: field(1, 'string'),
        bool: field(2, 'bool'),
        int: field(3, 'int64'),
        double: field(4, 'double'),
      },
    },
  },
});

const request = root.lookupType('Request');

type Values = Readonly<Record<string, unknown>>;

export interface DecodedMetrics {
  readonly resource: Values;
  readonly scope: { readonly name: string; readonly version: string };
  /** The points of each metric by its name; the value of a histogram is its count. */
  readonly metrics: Readonly<Record<string, readonly DecodedPoint[]>>;
}

export interface DecodedPoint {
  readonly value: number;
  readonly attributes: Values;
  /** Of a histogram. */
  readonly sum?: number;
  readonly bounds?: readonly number[];
  readonly counts?: readonly number[];
}

interface RawAttribute {
  readonly key: string;
  readonly value: Values;
}

interface RawPoint {
  readonly asDouble?: number;
  readonly asInt?: number;
  readonly count?: number;
  readonly sum?: number;
  readonly bucketCounts?: readonly number[];
  readonly explicitBounds?: readonly number[];
  readonly attributes?: readonly RawAttribute[];
}

interface RawScope {
  readonly scope: DecodedMetrics['scope'];
  readonly metrics: readonly {
    readonly name: string;
    readonly sum?: { readonly dataPoints: readonly RawPoint[] };
    readonly histogram?: { readonly dataPoints: readonly RawPoint[] };
  }[];
}

interface RawRequest {
  readonly resourceMetrics: readonly {
    readonly resource: { readonly attributes: readonly RawAttribute[] };
    readonly scopeMetrics: readonly RawScope[];
  }[];
}

/** What a request of one resource says, whose scopes are one. Throws on what is none. */
export function decodeMetrics(bytes: Uint8Array): DecodedMetrics {
  const { resourceMetrics } = request.toObject(request.decode(bytes), { longs: Number }) as RawRequest;
  const [{ resource, scopeMetrics }, ...otherResources] = resourceMetrics as [(typeof resourceMetrics)[0]];
  const [{ scope }, ...otherScopes] = scopeMetrics as [RawScope, ...RawScope[]];
  const others = otherScopes.filter((other) => !isDeepStrictEqual(other.scope, scope));
  if (otherResources.length + others.length > 0) throw new Error('more than one resource or scope');
  const metrics = scopeMetrics.flatMap((ofScope) => ofScope.metrics);
  return {
    resource: valuesOf(resource.attributes),
    scope,
    metrics: Object.fromEntries(
      metrics.map(({ name, sum, histogram }) => [name, (sum ?? histogram)?.dataPoints.map(pointOf) ?? []]),
    ),
  };
}

function pointOf(point: RawPoint): DecodedPoint {
  const { asDouble, asInt, count, sum, bucketCounts, explicitBounds, attributes = [] } = point;
  return {
    value: asInt ?? asDouble ?? count ?? 0,
    attributes: valuesOf(attributes),
    ...(bucketCounts && { sum: sum ?? 0, counts: bucketCounts, bounds: explicitBounds ?? [] }),
  };
}

function valuesOf(attributes: readonly RawAttribute[]): Values {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
