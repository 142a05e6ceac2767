/**
 * Debian's archive through an apt with a state of its own: other suites and processors than those of the host, and nothing
 * is installed. Mirror and proxy are those of the host's own configuration.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { ownApt } from '../../.scripts/lib/apt.mjs';
import type { Architecture } from './architecture.ts';
import { cacheDir, output } from './command.ts';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const SOURCES = ['/etc/apt/sources.list', '/etc/apt/sources.list.d'];

/** Suites that hold kernels, or the libraries of the guest. */
const SUITES: readonly (readonly [archive: 'main' | 'security', suite: string])[] = [
  ['security', 'bullseye-security'],
  ['main', 'bookworm'],
  ['security', 'bookworm-security'],
  ['main', 'bookworm-backports'],
  ['main', 'trixie'],
  ['security', 'trixie-security'],
  ['main', 'trixie-backports'],
];

/** A package as the index has it. */
export interface Package {
  readonly name: string;
  readonly version: string;
  /** Names in `Depends`. */
  readonly needs: readonly string[];
}

/** Why Debian's archive cannot be used from here; undefined if it can. */
export async function missingForApt(): Promise<string | undefined> {
  const path = (process.env['PATH'] ?? '').split(delimiter);
  for (const command of ['apt-get', 'apt-cache', 'dpkg-deb']) {
    if (!path.some((folder) => existsSync(join(folder, command)))) return `no ${command} on the PATH`;
  }
  if (!existsSync(KEYRING)) return `no ${KEYRING} (Debian package debian-archive-keyring)`;
  return (await mirrors()).main === undefined ? 'no mirror of Debian in /etc/apt' : undefined;
}

/** Addresses of the host's own mirrors. */
async function mirrors(): Promise<{
  readonly main: string | undefined;
  readonly security: string | undefined;
}> {
  const texts = await Promise.all(SOURCES.flatMap(textsAt));
  const addresses = (await Promise.all(texts))
    .flat()
    .flatMap((text) => text.match(/https?:\/\/[^\s\]]+/g) ?? []);
  const endingIn = (name: string): string | undefined =>
    addresses.map((address) => address.replace(/\/+$/, '')).find((address) => address.endsWith(`/${name}`));
  const main = endingIn('debian');
  return { main, security: endingIn('debian-security') ?? (main && `${main}-security`) };
}

async function textsAt(path: string): Promise<string[]> {
  if (!existsSync(path)) return [];
  if (!path.endsWith('.d')) return [await readFile(path, 'utf8')];
  const names = (await readdir(path)).filter((name) => /\.(list|sources)$/.test(name));
  // A comment may name a mirror that is out of use.
  const read = await Promise.all(names.map((name) => readFile(join(path, name), 'utf8')));
  return read.map((text) => text.replace(/^\s*#.*$/gm, ''));
}

export class Apt {
  readonly #options: readonly string[];
  readonly #state: string;

  private constructor(state: string, options: readonly string[]) {
    this.#state = state;
    this.#options = options;
  }

  /** Reads the indexes of all suites anew. */
  static async updated(architecture: Architecture): Promise<Apt> {
    const state = join(cacheDir, architecture.name, 'apt');
    await mkdir(join(state, 'etc/preferences.d'), { recursive: true });
    const addresses = await mirrors();
    const lines = SUITES.map(
      ([archive, suite]) => `deb [signed-by=${KEYRING}] ${addresses[archive]} ${suite} main`,
    );
    await writeFile(join(state, 'etc/sources.list'), `${lines.join('\n')}\n`);
    const options = ownApt(state, architecture.debian, {
      Dir: state,
      'Dir::Etc': 'etc',
      'Dir::Etc::SourceList': join(state, 'etc/sources.list'),
      'Dir::Etc::SourceParts': '-',
    });
    await output('apt-get', [...options, '-qq', 'update']);
    return new Apt(state, options);
  }

  /** The newest version of every package whose name matches. */
  async packages(pattern: RegExp): Promise<Package[]> {
    const names = (await output('apt-cache', [...this.#options, 'pkgnames', 'linux-'])).split('\n');
    const wanted = names.filter((name) => pattern.test(name));
    const text = await output('apt-cache', [...this.#options, '--no-all-versions', 'show', ...wanted]);
    return text
      .split(/\n\n+/)
      .filter((stanza) => stanza !== '')
      .map((stanza) => ({
        name: fieldOf(stanza, 'Package'),
        version: fieldOf(stanza, 'Version'),
        needs: fieldOf(stanza, 'Depends')
          .split(/[,|]/)
          .map((need) => need.trim().split(' ')[0] as string),
      }));
  }

  /** Fetches a package (`name`, or `name/suite`) and hands its file to `use`; the file goes afterwards. */
  async with<T>(name: string, use: (file: string) => Promise<T>): Promise<T> {
    const folder = join(this.#state, 'fetched');
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await output('apt-get', [...this.#options, '-qq', 'download', name], { cwd: folder });
    const [file] = await readdir(folder);
    if (file === undefined) throw new Error(`cannot fetch ${name}: apt-get left no file`);
    const result = await use(join(folder, file));
    await rm(folder, { recursive: true });
    return result;
  }
}

function fieldOf(stanza: string, name: string): string {
  return new RegExp(`^${name}: (.*)$`, 'm').exec(stanza)?.[1] ?? '';
}
