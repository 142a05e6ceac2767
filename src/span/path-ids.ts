/**
 * Which parts of a path name one thing of many: numbers, UUIDs, hashes, tokens. It is a guess, by which requests are told apart that
 * have no route; none that anybody else is told.
 */

/** What stands for such a part. */
export const ID = '{id}';

const LONG = 40;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Of a word that is no number: so many digits in a row, as in `order-12345` and `2026-11-30`. */
const DIGITS = /\d{4,}/;
const HEX = /^(?=.*\d)[0-9a-f]{8,}$/i;
const TOKEN = /^(?=(?:.*\d){2})(?=.*[a-z])[\w+=~.-]{16,}$/i;

/** Whether a part of a path names one of many. */
export function isId(part: string): boolean {
  if (part === '' || /^[a-z_-]+$/i.test(part)) return part.length > LONG;
  if (/^\d+$/.test(part) || part.length > LONG || UUID.test(part)) return true;
  if (part.includes('@') || part.includes('%')) return true;
  return DIGITS.test(part) || HEX.test(part) || TOKEN.test(part);
}
