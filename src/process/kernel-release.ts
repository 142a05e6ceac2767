/** Version numbers of kernels. Pure. */

/** Whether a release as `uname -r` prints it (`6.12.9-amd64`) is at least that version; false for another form. */
export function kernelAtLeast(release: string, major: number, minor: number, patch = 0): boolean {
  const [, ...parts] = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(release) ?? [];
  if (parts.length === 0) return false;
  const [a = 0, b = 0, c = 0] = parts.map((part) => Number(part ?? 0));
  return a !== major ? a > major : b !== minor ? b > minor : c >= patch;
}

/**
 * Whether a kernel turns a probed 5-byte nop into a call, which is far cheaper than single-stepping it, and does so without
 * harm. By its number, because to try it is the danger: Linux 6.18 to 7.0 leave the call behind when the probe goes, and
 * were seen to crash when the tracer is killed. x86-64 only.
 */
export function hasFastNop5(release: string, arch: string): boolean {
  return arch === 'x64' && kernelAtLeast(release, 7, 1);
}
