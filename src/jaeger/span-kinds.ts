/** `SpanKind` in the words of Jaeger, by its number in OTLP. */
export const KINDS: readonly string[] = ['', 'internal', 'server', 'client', 'producer', 'consumer'];
