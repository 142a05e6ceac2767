/** What there is to be said of a call to a database by what it asks for. Owns the type. */

/** What is undefined is not known. */
export interface DbTold {
  /** Of low cardinality; empty if there is nothing to be named by. */
  readonly name: string;
  /** The text without what may be secret. */
  readonly sanitized: string | undefined;
  /** The text as the program has written it. */
  readonly raw: string | undefined;
  readonly summary: string | undefined;
  readonly operation: string | undefined;
  readonly collection: string | undefined;
}
