/** How much is taken at once, and how much is kept, and where, if nothing else is said. */

/** Of one request, as it comes and when it is plain. */
export const REQUEST_BYTES_MAX = 16 * 2 ** 20;
/** Of all that is kept. */
export const STORE_BYTES = 2 ** 30;
export const STORE_AGE_MS = 86_400_000;
/** Where the page is. */
export const PAGE_PORT = 7777;
