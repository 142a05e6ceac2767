/** Nanoseconds as a number of milliseconds that a person reads: three figures at most. */
export function milliseconds(ns: number): string {
  const ms = ns / 1e6;
  if (ms >= 10) return String(Math.round(ms));
  return ms >= 1 ? ms.toFixed(1).replace(/\.0$/, '') : ms.toFixed(2).replace(/\.?0+$/, '') || '0';
}
