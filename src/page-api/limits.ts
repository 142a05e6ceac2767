/** How much is taken at once, and how much is kept, and where, if nothing else is said. */

/** Of one request, as it comes and when it is plain. */
export const REQUEST_BYTES_MAX = 16 * 2 ** 20;
/** Of all that is kept. */
export const STORE_BYTES = 2 ** 30;
export const STORE_AGE_MS = 86_400_000;
/** Where the page is. */
export const PAGE_PORT = 7777;
/** What is tried one after the other: that which is given and no other, or the usual one, or any that is free. */
export const pagePorts = (given: number | undefined): readonly number[] =>
  given === undefined ? [PAGE_PORT, 0] : [given];
