/** Where the page of a Jaeger is: its URL without a slash at its end; undefined if it is none of HTTP, or has a user, a query or a fragment. */
export function plainUrlOf(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, origin, pathname, username, password, search, hash } = new URL(text);
  if (!/^https?:$/.test(protocol) || username || password || search || hash) return undefined;
  return origin + pathname.replace(/\/+$/, '');
}
