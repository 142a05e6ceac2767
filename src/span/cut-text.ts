/** Limits the length of a text. */

/** At most `limit` UTF-16 units; cuts before a surrogate pair rather than through it. */
export function cutText(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const splitsPair = /[\uD800-\uDBFF]/.test(text.charAt(limit - 1));
  return text.slice(0, splitsPair ? limit - 1 : limit);
}
