/** OTLP JSON in a form that is compared and kept: a line for the source of all spans, then a line a span. */

interface Pair {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface Span {
  readonly attributes: readonly Pair[];
  readonly links: readonly { readonly attributes: readonly Pair[] }[];
}

interface Request {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Pair[] };
    readonly scopeSpans: readonly { readonly scope: unknown; readonly spans: readonly Span[] }[];
  }[];
}

/** Of requests whose spans have one source. */
export function otlpLines(requests: readonly string[]): string[] {
  const lines: string[] = [];
  for (const { resource, scopeSpans } of requests.flatMap(
    (text) => (JSON.parse(text) as Request).resourceSpans,
  )) {
    for (const { scope, spans } of scopeSpans) {
      const source = JSON.stringify({ resource: objectOf(resource.attributes), scope });
      if (lines.length === 0) lines.push(source);
      if (lines[0] !== source) throw new Error('there are spans of two sources');
      lines.push(...spans.map(lineOf));
    }
  }
  return lines;
}

function lineOf(span: Span): string {
  const links = span.links.map((link) => ({ ...link, attributes: objectOf(link.attributes) }));
  const entries = Object.entries({ ...span, attributes: objectOf(span.attributes), links });
  return JSON.stringify(Object.fromEntries(entries.filter(([, value]) => !isNothing(value))));
}

function isNothing(value: unknown): boolean {
  return value === 0 || (Array.isArray(value) && value.length === 0);
}

function objectOf(attributes: readonly Pair[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
