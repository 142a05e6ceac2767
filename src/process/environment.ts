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
 * Parses `OTEL_RESOURCE_ATTRIBUTES`: `key=value,…`, percent-encoded. A malformed value is discarded as a whole, as the
 * specification says; `onMalformed` is then told of the member that is at fault.
 * Source: https://opentelemetry.io/docs/specs/otel/resource/sdk/#specifying-resource-information-via-an-environment-variable
 */
export function parseResourceAttributes(
  text: string,
  onMalformed: (member: string) => void = () => {},
): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  for (const pair of text.split(',')) {
    if (pair.trim() === '') continue;
    const equals = pair.indexOf('=');
    const key = decode(pair.slice(0, Math.max(equals, 0)).trim());
    const value = decode(pair.slice(equals + 1).trim());
    if (!key || value === undefined) {
      onMalformed(pair.trim());
      return new Map();
    }
    attributes.set(key, value);
  }
  return attributes;
}

/** What to say of a value that was discarded; `whose` says where it stands. */
export function malformedAttributes(member: string, whose = ''): string {
  return `cannot use OTEL_RESOURCE_ATTRIBUTES${whose}: ${JSON.stringify(member)} is not key=value, percent-encoded, so all of it is ignored (write a percent sign as %25, a comma as %2C)`;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
