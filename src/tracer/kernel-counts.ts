/** The counters of the kernel, which are named as in `enum count`, by what they count. */

/** Those of that kind, by the rest of their name in lower case. */
export function countsOf(
  kind: 'HIT' | 'LOST' | 'NOTE',
  counts: Readonly<Record<string, number>>,
): Record<string, number> {
  const prefix = `${kind}_`;
  return Object.fromEntries(
    Object.entries(counts)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, count]) => [name.slice(prefix.length).toLowerCase(), count]),
  );
}
