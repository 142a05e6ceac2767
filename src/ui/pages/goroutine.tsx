export function GoroutinePage() {
  return <h1>Goroutine</h1>;
}
