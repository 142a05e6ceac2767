/** How much a delivery holds, and how patient it is. */

/** On the wire. */
export type Compression = 'none' | 'gzip' | 'zstd';

/** Bounds of a delivery; times in milliseconds, sizes in bytes. */
export interface DeliverySettings {
  /**
   * Of all that waits or is under way, in the form in which it is held. Beside it there is a working copy of each
   * request that is being packed or sent: no more than `inFlightMax` and two of them.
   */
  readonly queueBytesMax: number;
  /** A request that is older and not under way is lost as `expired`. */
  readonly ageMsMax: number;
  /** Requests under way at once. */
  readonly inFlightMax: number;
  /** Of one try. */
  readonly requestTimeoutMs: number;
  /** On the wire; at rest, while the collector is away, requests are compressed in any case. */
  readonly compression: Compression;
}

/** For a flush or a shutdown whose caller names none. */
export const DRAIN_DEADLINE_MS = 5_000;

/** The bounds that no standard variable sets. */
export const DELIVERY_BOUNDS = {
  /** A minute at 10,000 spans/s takes 60 MB at 100 bytes a span; compressed they take less. */
  queueBytesMax: 64 * 2 ** 20,
  ageMsMax: 300_000,
  /** A few keep the connection busy; more only make a slow collector slower. */
  inFlightMax: 4,
} as const;
