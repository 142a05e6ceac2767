/**
 * Overlay file systems (containers). A file that was changed in one (even `touch` or `chmod`) is a copy under the old path and the old
 * inode number; a process that runs it goes on with the original, which only the path in its layer leads to. Pure.
 */

/**
 * Paths at which the original of an executable may lie, by the text of `/proc/<pid>/mountinfo`: in the layers of its overlay file
 * system from the top, as whoever mounted it named them. Empty if it does not lie on one.
 * Source: https://docs.kernel.org/filesystems/overlayfs.html
 */
export function pathsInLayers(mountinfo: string, exe: string): string[] {
  let found: { readonly point: string; readonly paths: readonly string[] } | undefined;
  for (const line of mountinfo.split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , root = '', point = ''] = before.split(' ').map(unescaped);
    const [type, , options = ''] = after.split(' ');
    if (!isBelow(exe, point) || (found && point.length < found.point.length)) continue;
    const inside = (root === '/' ? '' : root) + exe.slice(point === '/' ? 0 : point.length);
    const layers = type === 'overlay' ? layersOf(unescaped(options)) : [];
    found = { point, paths: layers.map((layer) => layer + inside) };
  }
  return found ? [...found.paths] : [];
}

/** Those with an absolute path: nobody knows what the others are relative to. */
function layersOf(options: string): string[] {
  const values = [...options.matchAll(/(?:^|,)lowerdir\+?=((?:\\.|[^,\\])*)/g)].map(
    ([, value]) => value ?? '',
  );
  return values
    .flatMap((value) => value.match(/(?:\\.|[^:\\])+/g) ?? [])
    .map((layer) => layer.replaceAll(/\\(.)/g, '$1').replace(/\/$/, ''))
    .filter((layer) => layer.startsWith('/'));
}

function isBelow(path: string, directory: string): boolean {
  return directory === '/' || path.startsWith(`${directory}/`);
}

/** The kernel writes space, tab, newline and backslash as octal numbers. */
function unescaped(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}
