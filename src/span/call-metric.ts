/** A metric that the conventions have for calls. Owns the type only. */

/** How long calls of a kind took, in seconds. */
export interface CallMetric {
  readonly name: string;
  readonly description: string;
  /** Upper bounds of the buckets, ascending; one more is above the last. */
  readonly boundsSeconds: readonly number[];
  /** The attributes of a span that its calls are told apart by: those of few values. */
  readonly attributes: ReadonlySet<string>;
  /** Those of them that requests are told apart by where it is said what they waited for; calls that are no requests have none. */
  readonly routeAttributes?: ReadonlySet<string>;
}
