/** How far an average may be off, in standard deviations. Pure. */

/** So sure is one that it lies within, on either side; by Abramowitz and Stegun, 26.2.23, to three digits. */
export function normalBound(confidence: number): number {
  const t = Math.sqrt(-2 * Math.log((1 - confidence) / 2));
  return (
    t -
    (2.515517 + 0.802853 * t + 0.010328 * t ** 2) / (1 + 1.432788 * t + 0.189269 * t ** 2 + 0.001308 * t ** 3)
  );
}
