/** Version numbers of kernels. Pure. */

/** Whether a release as `uname -r` prints it (`6.12.9-amd64`) is at least that version; false for another form. */
export function kernelAtLeast(release: string, major: number, minor: number, patch = 0): boolean {
  const [, ...parts] = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(release) ?? [];
  if (parts.length === 0) return false;
  const [a = 0, b = 0, c = 0] = parts.map((part) => Number(part ?? 0));
  return a !== major ? a > major : b !== minor ? b > minor : c >= patch;
}
