/** Names of error numbers. */
import { constants } from 'node:os';

const names = new Map<number, string>(
  Object.entries(constants.errno).map(([name, number]): [number, string] => [number, name]),
);

/** `EPERM` for 1; `errno 9999` for a number without a name. */
export function errnoName(errno: number): string {
  return names.get(errno) ?? `errno ${errno}`;
}
