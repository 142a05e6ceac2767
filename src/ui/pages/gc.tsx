export function GcPage() {
  return <h1>Gc</h1>;
}
