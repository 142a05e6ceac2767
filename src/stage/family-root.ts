/** What a record of a family says of a local root, of which no fact is made for that: the room has many such records. */
import type { EvSpanEnd } from '../wire/wire.gen.ts';

export interface FamilyRoot {
  /** Whether what came back says that it failed, as `error.type` of the convention does. */
  readonly hasFailed: (record: EvSpanEnd) => boolean;
  /** By what requests of the family are like others, if its server spans are requests. */
  readonly route?: RootRoute;
}

export interface RootRoute {
  /** The numbers of the two texts that tell. */
  readonly texts: readonly [number, number];
  readonly nameOf: (first: string | undefined, second: string | undefined) => string;
}
