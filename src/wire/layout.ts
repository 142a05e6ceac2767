/**
 * Where things stand in records, as a table that recordings carry along. Owns the types; `wire.gen.ts` has the layout of
 * this version. Names are those of `wire.h`; numbers that `wire.h` gives to kinds, families and the values of its other
 * enums never mean anything else in a later version.
 */

/** Offset from the beginning of the record, and bytes. */
export type Fields = Readonly<Record<string, readonly [at: number, bytes: number]>>;

/** A record; that of a span without what its family adds. */
export interface RecordLayout {
  readonly bytes: number;
  readonly fields: Fields;
}

/** What spans of a family have behind the rest of their record, in front of their texts. */
export interface FamilyLayout {
  readonly bytes: number;
  readonly fields: Fields;
  /** Names of the texts in their order. */
  readonly texts: readonly string[];
}

export interface WireLayout {
  /** By the number of the kind. */
  readonly records: Readonly<Record<number, RecordLayout>>;
  readonly families: Readonly<Record<number, FamilyLayout>>;
  /** What spans may have behind their texts, from the next multiple of 8 on, in this order; absent where there is nothing of the kind. */
  readonly connection?: RecordLayout;
  readonly time?: RecordLayout;
}
