/** Headers of the user's own for each request. Pure. Values are secrets: no message shows one. */

/** What an exporter sets itself, and what belongs to the connection. */
const RESERVED = new Set([
  ...['content-type', 'content-length', 'content-encoding', 'user-agent', 'te', 'trailer', 'expect'],
  ...['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade', 'http2-settings'],
]);

/** Why a header cannot be sent; undefined if it can. `name` is in lower case. */
export function headerFault(name: string, value: string): string | undefined {
  // RFC 9110: a token, and visible ASCII with spaces and tabs between.
  if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name)) return 'its name has characters that a header cannot have';
  if (!/^[\t\x20-\x7e]*$/.test(value)) return 'its value has characters that a header cannot have';
  return RESERVED.has(name) || name.startsWith('grpc-') ? 'the exporter sets it itself' : undefined;
}

/**
 * Reads `name=value,name2=value2`, percent-encoded. `warn` is told of each entry that cannot be used, by its number
 * and by its name if that can be read.
 */
export function parseHeaders(text: string, warn: (what: string) => void): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [index, entry] of text.split(',').entries()) {
    if (entry.trim() === '') continue;
    const at = entry.indexOf('=');
    const name = decoded(entry.slice(0, Math.max(at, 0)))?.toLowerCase();
    const value = decoded(entry.slice(at + 1));
    if (at < 0 || !name || value === undefined) {
      warn(`entry ${index + 1} is not name=value, percent-encoded`);
      continue;
    }
    const fault = headerFault(name, value);
    if (fault === undefined) headers[name] = value;
    else warn(`entry ${index + 1} (${JSON.stringify(name.slice(0, 64))}): ${fault}`);
  }
  return headers;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.trim());
  } catch {
    return undefined;
  }
}
