/** What is known of routes, found by the two texts of records, and the path of those that have one only, without making strings of them. Bounded. */
import type { Batch } from '../wire/batch.ts';
import { textSizeAt, textStartAt } from '../wire/fields.ts';
import { headerAt } from '../wire/wire.gen.ts';
import type { RootRoute } from './family-root.ts';

/** A power of two: the index has one place for each value of a hash. */
const PLACES = 4_096;

interface Place<T> {
  readonly targetId: number;
  readonly first: Uint8Array;
  readonly second: Uint8Array;
  readonly path: Uint8Array;
  readonly known: T;
}

const decoder = new TextDecoder();

export class RouteIndex<T> {
  readonly #find: (targetId: number, route: string, path: string | undefined) => T;
  readonly #places: (Place<T> | undefined)[] = new Array(PLACES).fill(undefined);

  /** `find` is asked again and again, and must find the same, or what it has put in its place. `path`: there is no route. */
  constructor(find: (targetId: number, route: string, path: string | undefined) => T) {
    this.#find = find;
  }

  of(batch: Batch, at: number, route: RootRoute): T {
    const { u8, u32 } = batch;
    const targetId = u32[(at + headerAt.targetId) >>> 2] as number;
    const first = textStartAt(batch, at, route.texts[0]);
    const firstEnd = first + textSizeAt(batch, at, route.texts[0]);
    const second = textStartAt(batch, at, route.texts[1]);
    const secondEnd = second + textSizeAt(batch, at, route.texts[1]);
    const named = second === secondEnd && !route.path?.isOfNothing(batch, at) ? route.path : undefined;
    const path = named ? textStartAt(batch, at, named.text) : second;
    const pathEnd = named ? path + textSizeAt(batch, at, named.text) : path;
    const ofSecond = hashOf(u8, second, secondEnd, hashOf(u8, first, firstEnd, targetId));
    const hash = named ? hashOf(u8, path, pathEnd, ofSecond) : ofSecond;
    const index = (hash ^ (hash >>> 16)) & (PLACES - 1);
    const place = this.#places[index];
    if (
      place?.targetId === targetId &&
      isSame(place.first, u8, first, firstEnd) &&
      isSame(place.second, u8, second, secondEnd) &&
      isSame(place.path, u8, path, pathEnd)
    ) {
      return place.known;
    }
    const texts = [u8.slice(first, firstEnd), u8.slice(second, secondEnd), u8.slice(path, pathEnd)] as const;
    const name = route.nameOf(textOf(texts[0]), textOf(texts[1]));
    const known = this.#find(targetId, name, textOf(texts[2]));
    this.#places[index] = { targetId, first: texts[0], second: texts[1], path: texts[2], known };
    return known;
  }
}

const textOf = (bytes: Uint8Array): string | undefined =>
  bytes.length === 0 ? undefined : decoder.decode(bytes);

/** FNV-1a. Source: https://datatracker.ietf.org/doc/html/draft-eastlake-fnv */
function hashOf(u8: Uint8Array, from: number, to: number, basis: number): number {
  let hash = basis ^ 0x811c9dc5;
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ (u8[at] as number), 0x01000193);
  return hash;
}

function isSame(bytes: Uint8Array, u8: Uint8Array, from: number, to: number): boolean {
  if (bytes.length !== to - from) return false;
  for (let index = 0; index < bytes.length; index++) if (bytes[index] !== u8[from + index]) return false;
  return true;
}
