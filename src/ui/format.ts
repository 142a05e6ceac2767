/** Numbers and times as they are read. */

const digits = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);

/** With three digits and the unit that suits: `58.2 ms`. */
export function durationText(ns: number): string {
  const size = Math.abs(ns);
  if (size >= 59.95e9) {
    const seconds = Math.round(ns / 1e9);
    const minutes = Math.floor(seconds / 60);
    if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
    const hours = Math.floor(minutes / 60);
    return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
  }
  if (size >= 999.5e6) return `${digits(ns / 1e9)} s`;
  if (size >= 999.5e3) return `${digits(ns / 1e6)} ms`;
  if (size >= 999.5) return `${digits(ns / 1e3)} µs`;
  return `${Math.round(ns)} ns`;
}

const grouped = new Intl.NumberFormat('en');
export const countText = (count: number): string => grouped.format(count);

/** A share from 0 to 1; what is not nothing is never told as `0 %`. */
export function percentText(share: number): string {
  const percent = share * 100;
  if (percent === 0) return '0 %';
  if (percent < 0.1) return '< 0.1 %';
  if (percent < 9.95) return `${percent.toFixed(1)} %`;
  return percent > 99.4 && percent < 100 ? '> 99 %' : `${Math.round(percent)} %`;
}

export function rateText(perSecond: number): string {
  if (perSecond >= 99.5) return countText(Math.round(perSecond));
  return perSecond >= 9.95 ? perSecond.toFixed(1) : perSecond.toFixed(2);
}

export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : digits(value)} ${units[unit]}`;
}

const two = (value: number): string => String(value).padStart(2, '0');

/** The local time of the day, to the millisecond. */
export function clockText(us: number): string {
  const date = new Date(us / 1000);
  const ms = String(date.getMilliseconds()).padStart(3, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`;
}

export function dateText(us: number): string {
  const date = new Date(us / 1000);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clockText(us)}`;
}

export const kindText = (kind: number): string =>
  ['unknown', 'internal', 'server', 'client', 'producer', 'consumer'][kind] ?? 'unknown';

/** Names may be empty; a link and a heading may not. */
export const nameText = (name: string): string => (name.trim() === '' ? '(no name)' : name);

/** `1 span`, `2 spans`. */
export const counted = (count: number, noun: string, plural = `${noun}s`): string =>
  `${countText(count)} ${count === 1 ? noun : plural}`;
