/** Columns of spans as queries read them. */

/** Spans of one operation, oldest first. */
export interface ScanColumns {
  readonly count: number;
  readonly startUs: Float64Array;
  readonly durationNs: Float64Array;
  readonly flags: Uint8Array;
  readonly top: Uint8Array;
  readonly cause: Uint8Array;
}

/** Where their bytes are. */
export interface PlaceColumns {
  readonly chunk: Uint32Array;
  readonly offset: Uint32Array;
}
