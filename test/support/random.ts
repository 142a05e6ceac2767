/** A small seeded generator of pseudo-random numbers, so that a failing input can be made again from its seed. */

/** Returns a function that gives integers in `[0, below)`; the same seed gives the same sequence (xorshift32). */
export function seededRandom(seed: number): (below: number) => number {
  let state = (seed ^ 0x9e3779b9) >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % below;
  };
}
