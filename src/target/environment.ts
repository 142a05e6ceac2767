/** The environment block of a process and the OpenTelemetry variables in it. Pure. */

/** Parses `/proc/<pid>/environ`: `NAME=value` separated by NUL. The first of two equal names counts, as in libc. */
export function parseEnvironment(text: string): ReadonlyMap<string, string> {
  const environment = new Map<string, string>();
  for (const entry of text.split('\0')) {
    const equals = entry.indexOf('=');
    if (equals <= 0) continue;
    const name = entry.slice(0, equals);
    if (!environment.has(name)) environment.set(name, entry.slice(equals + 1));
  }
  return environment;
}

/**
 * Parses `OTEL_RESOURCE_ATTRIBUTES`: `key=value,…`, percent-encoded. A malformed value is discarded as a whole,
 * as the specification says; undefined then.
 * Source: https://opentelemetry.io/docs/specs/otel/resource/sdk/#specifying-resource-information-via-an-environment-variable
 */
export function parseResourceAttributes(text: string): ReadonlyMap<string, string> | undefined {
  const attributes = new Map<string, string>();
  for (const pair of text.split(',')) {
    if (pair.trim() === '') continue;
    const equals = pair.indexOf('=');
    const key = decode(pair.slice(0, Math.max(equals, 0)).trim());
    const value = decode(pair.slice(equals + 1).trim());
    if (!key || value === undefined) return undefined;
    attributes.set(key, value);
  }
  return attributes;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
