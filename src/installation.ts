/**
 * Where this package is installed. Its native files, its threads and the packages that it loads late are found from there, also by
 * code that a bundler has taken elsewhere.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GoidspanError, remedyOf } from './errors.ts';
import { VERSION } from './version.ts';

const NAME = 'goidspan';

let folder: string | undefined;

/** A file of the installed package. Throws `shim_unusable` when there is none. */
export function installedPath(...parts: readonly string[]): string {
  folder ??= packageFolder();
  const path = join(folder, ...parts);
  if (existsSync(path)) return path;
  throw new GoidspanError(
    'shim_unusable',
    `cannot find ${path}: it is not part of this installation (reinstall the package, or run \`npm run build\`)`,
  );
}

/** Loads one of the packages that this one depends on. Throws what `require` throws. */
export function requireInstalled(name: string): unknown {
  return createRequire(installedPath('package.json'))(name);
}

function packageFolder(): string {
  const places = codePlaces();
  // Around this very file first: it may be another version than the one that the application has.
  const [found] = [...places.flatMap(foldersAbove), ...places.flatMap(installedFor)];
  if (found === undefined) throw notInstalled(places[0] ?? '');
  const { version } = manifestOf(found) ?? {};
  if (version === VERSION) return found;
  throw new GoidspanError(
    'shim_unusable',
    `cannot use ${found}: it is version ${version}, and the code that a bundler has taken from it is ${VERSION} (bundle again, or ${EXTERNAL})`,
  );
}

/** Where this code is, as far as a bundler has left it known: in its own file, or in the program that was started. */
function codePlaces(): string[] {
  const own = (import.meta as { readonly url?: unknown }).url;
  const isFile = typeof own === 'string' && own.startsWith('file:');
  const started = process.argv[1];
  return [...(isFile ? [fileURLToPath(own)] : []), ...(started === undefined ? [] : [resolve(started)])];
}

/** The package's own folders among those above a file. */
function foldersAbove(place: string): string[] {
  for (let at = dirname(place); ; at = dirname(at)) {
    if (manifestOf(at)?.name === NAME) return [at];
    if (at === dirname(at)) return [];
  }
}

/** The folder of the package that a file would import. */
function installedFor(place: string): string[] {
  try {
    return [dirname(createRequire(place).resolve(`${NAME}/package.json`))];
  } catch {
    return [];
  }
}

function manifestOf(at: string): { readonly name?: string; readonly version?: string } | undefined {
  try {
    return JSON.parse(readFileSync(join(at, 'package.json'), 'utf8')) as { name?: string; version?: string };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EMFILE') return undefined;
    const said = (cause as Error).message;
    throw new GoidspanError('shim_unusable', `cannot read ${at}: ${said} (${remedyOf(said, '')})`, { cause });
  }
}

const EXTERNAL = `mark ${NAME} external, e.g. esbuild --external:${NAME}`;

function notInstalled(place: string): GoidspanError {
  return new GoidspanError(
    'shim_unusable',
    `cannot find the native files of ${NAME} for ${place}: a bundler has taken its code in, which leaves them behind (${EXTERNAL}, and have it in node_modules where the program runs)`,
  );
}
