/** What the records of a family say of a local root. They are read as they are: nearly all are of traces that are dropped. */
import type { Batch } from '../wire/batch.ts';

export interface FamilyRoot {
  /** Whether what came back says that it failed, as `error.type` of the convention does. */
  readonly hasFailed: (batch: Batch, at: number) => boolean;
  /** By what requests of the family are like others, if its server spans are requests. */
  readonly route?: RootRoute;
}

export interface RootRoute {
  /** The numbers of the two texts that tell. */
  readonly texts: readonly [number, number];
  readonly nameOf: (first: string | undefined, second: string | undefined) => string;
  /** By what they are, too, where there is no second one; absent where that does not matter. */
  readonly path?: RootPath;
}

export interface RootPath {
  /** The number of the text. */
  readonly text: number;
  /** Whether it tells nothing of this one. */
  readonly isOfNothing: (batch: Batch, at: number) => boolean;
}
