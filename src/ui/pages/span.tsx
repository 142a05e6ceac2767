export function SpanPage() {
  return <h1>Span</h1>;
}
