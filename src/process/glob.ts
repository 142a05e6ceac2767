/**
 * Globs over paths of executables: `*` within one part of the path, `**` across parts, `?` one character of a
 * part; every other character is itself. `/srv/*` is `/srv/app`, not `/srv/a/app`. Pure.
 */

const compiled = new Map<string, RegExp>();

/** Does the whole path match? */
export function globMatches(glob: string, path: string): boolean {
  const pattern = compiled.get(glob) ?? compile(glob);
  compiled.set(glob, pattern);
  return pattern.test(path);
}

function compile(glob: string): RegExp {
  const source = glob.replaceAll(/\*\*\/|\*{2,}|\*|\?|[^*?]+/g, (token) => {
    if (token === '**/') return '(?:[^/]*/)*';
    if (token.startsWith('**')) return '.*';
    if (token === '*') return '[^/]*';
    if (token === '?') return '[^/]';
    return token.replaceAll(/[\\^$.+()[\]{}|]/g, '\\$&');
  });
  return new RegExp(`^${source}$`, 'su');
}
