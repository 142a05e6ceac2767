/** Archives as the kernel unpacks them into its first file system: cpio, format newc, uncompressed. */
import { createWriteStream } from 'node:fs';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const DIRECTORY = 0o040755;
const FILE = 0o100644;
const PROGRAM = 0o100755;
const LINK = 0o120777;
const CHARACTER_DEVICE = 0o020600;

interface Entry {
  readonly mode: number;
  readonly content?: Buffer;
  readonly device?: readonly [major: number, minor: number];
}

export class Cpio {
  readonly #entries = new Map<string, Entry>();

  /** Adds the folders above a path too. A later entry of a path takes the place of an earlier one. */
  #add(path: string, entry: Entry): void {
    const parts = path.split('/').slice(0, -1);
    parts.forEach((_, index) => {
      const folder = parts.slice(0, index + 1).join('/');
      if (!this.#entries.has(folder)) this.#entries.set(folder, { mode: DIRECTORY });
    });
    this.#entries.set(path, entry);
  }

  folder(path: string): void {
    this.#add(path, { mode: DIRECTORY });
  }

  text(path: string, text: string): void {
    this.#add(path, { mode: FILE, content: Buffer.from(text) });
  }

  characterDevice(path: string, major: number, minor: number): void {
    this.#add(path, { mode: CHARACTER_DEVICE, device: [major, minor] });
  }

  /** A file, a link or a whole folder of this host, under a path of the archive. */
  async copy(from: string, path: string): Promise<void> {
    const stat = await lstat(from);
    if (stat.isSymbolicLink()) {
      this.#add(path, { mode: LINK, content: Buffer.from(await readlink(from)) });
    } else if (stat.isDirectory()) {
      this.folder(path);
      for (const name of await readdir(from)) await this.copy(join(from, name), `${path}/${name}`);
    } else {
      this.#add(path, { mode: stat.mode & 0o100 ? PROGRAM : FILE, content: await readFile(from) });
    }
  }

  async write(to: string): Promise<void> {
    await pipeline(Readable.from(this.#blocks()), createWriteStream(to));
  }

  *#blocks(): Generator<Buffer> {
    let inode = 1;
    for (const [path, entry] of this.#entries) yield* blocksOf(path, entry, inode++);
    yield* blocksOf('TRAILER!!!', { mode: 0 }, 0);
  }
}

function* blocksOf(
  path: string,
  { mode, content, device = [0, 0] }: Entry,
  inode: number,
): Generator<Buffer> {
  const name = Buffer.from(`${path}\0`);
  const owner = 0;
  const links = 1;
  const time = 0;
  const words = [
    ...[inode, mode, owner, owner, links, time, content?.length ?? 0],
    ...[0, 0, ...device, name.length, 0],
  ];
  const header = Buffer.from(`070701${words.map((word) => word.toString(16).padStart(8, '0')).join('')}`);
  yield* padded(Buffer.concat([header, name]));
  if (content) yield* padded(content);
}

/** Everything begins at a multiple of four. */
function* padded(bytes: Buffer): Generator<Buffer> {
  yield bytes;
  if (bytes.length % 4 !== 0) yield Buffer.alloc(4 - (bytes.length % 4));
}
