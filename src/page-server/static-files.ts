/** The files of the page, read once. No path of a request is ever a path of the disk. */
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative } from 'node:path';

export interface StaticFile {
  readonly bytes: Buffer;
  readonly type: string;
  /** The bytes are gzip: of what is large and seldom wanted. */
  readonly isPacked?: boolean;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};

/** By URL: `/`, `/app.js`, … Files of other kinds are left out. */
export function staticFilesIn(folder: string): ReadonlyMap<string, StaticFile> {
  const files = new Map<string, StaticFile>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const isPacked = entry.name.endsWith('.gz');
    const type = TYPES[extname(isPacked ? entry.name.slice(0, -3) : entry.name)];
    if (!entry.isFile() || type === undefined) continue;
    const path = join(entry.parentPath, entry.name);
    const url = `/${relative(folder, path)}`.replace(/(^|\/)index\.html$|\.gz$/, '$1');
    files.set(url, { bytes: readFileSync(path), type, isPacked });
  }
  return files;
}
