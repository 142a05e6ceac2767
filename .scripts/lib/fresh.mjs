/** Is a built thing as new as what it is made of? By content, so that a fresh clone or a touched file does not matter. */

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './process.mjs';

/** All files under a path of the checkout (the path itself if it is a file), sorted. */
export function filesUnder(path) {
  const full = join(root, path);
  if (!existsSync(full)) return [];
  if (statSync(full).isFile()) return [path];
  return readdirSync(full)
    .sort()
    .flatMap((name) => filesUnder(join(path, name)));
}

/** A hash over the contents of files and directories, and over words such as the command line that uses them. */
export function hashOf(paths, words = []) {
  const hash = createHash('sha256');
  for (const path of paths.flatMap(filesUnder)) {
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0');
  }
  return hash.update(words.join('\0')).digest('hex');
}

/**
 * Makes `outputs` by calling `make` unless they exist and were made of the same inputs.
 * @returns whether anything was made
 */
export async function unlessFresh(name, { inputs, words, outputs }, make) {
  const stampPath = join(root, '.cache/stamps', name);
  const wanted = hashOf(inputs, words);
  const there = outputs.every((path) => existsSync(join(root, path)));
  if (there && existsSync(stampPath) && readFileSync(stampPath, 'utf8') === wanted) return false;
  for (const path of outputs) mkdirSync(dirname(join(root, path)), { recursive: true });
  await make();
  mkdirSync(dirname(stampPath), { recursive: true });
  writeFileSync(stampPath, wanted);
  return true;
}
