/** Checks of single option values: a `TypeError` for a wrong kind, a `RangeError` for a wrong value. */

export const DAY_MS = 86_400_000;

/** @throws {TypeError | RangeError} that names the option. */
export function integer(name: string, value: unknown, [min, max]: readonly [number, number]): number {
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number, not ${shown(value)}`);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new RangeError(`${name} must be an integer from ${min} to ${max}, not ${value}`);
}

/** @throws {TypeError | RangeError} that names the option. */
export function share(name: string, value: unknown): number {
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number, not ${shown(value)}`);
  if (value >= 0 && value <= 1) return value;
  throw new RangeError(`${name} must be from 0 to 1, not ${value}`);
}

/** @throws {TypeError} that names the option. */
export function trueOrFalse(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new TypeError(`${name} must be true or false, not ${shown(value)}`);
}

export function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
