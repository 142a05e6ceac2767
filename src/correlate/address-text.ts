/** Addresses as records hold them. */

/** An address of 16 bytes as text; IPv4 in dots. */
export function addressText(bytes: Uint8Array): string {
  const isIpv4 =
    bytes[10] === 0xff && bytes[11] === 0xff && bytes.subarray(0, 10).every((byte) => byte === 0);
  if (isIpv4) return bytes.subarray(12).join('.');
  const words = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0));
  const text = words.map((word) => word.toString(16)).join(':');
  // The longest run of zeros is left out (RFC 5952).
  const runs = [...text.matchAll(/(?:^|:)(?:0(?::|$)){2,}/g)].sort((a, b) => b[0].length - a[0].length);
  const [run] = runs;
  if (run === undefined) return text;
  return `${text.slice(0, run.index)}::${text.slice(run.index + run[0].length)}`;
}
