/** Quantities as a person reads them. Pure. */

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `12 MiB`, two figures at least. */
export function bytes(count: number): string {
  let [value, unit] = [count, 0];
  while (value >= 1024 && unit < UNITS.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${figures(value)} ${UNITS[unit]}`;
}

/** `61 %`. */
export const percent = (share: number): string => `${figures(share * 100)} %`;

/** `12 s`, `340 ms`. */
export const seconds = (ns: number): string =>
  ns >= 1e9 ? `${figures(ns / 1e9)} s` : `${figures(ns / 1e6)} ms`;

/** Whole from 10 on, else with one figure behind the point. */
export function figures(value: number): string {
  return value >= 10 ? String(Math.round(value)) : String(Number(value.toFixed(1)));
}
