/** Other releases of Node than the one that is installed: the npm package `node` brings each, once, into `.cache/nodes`. */

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './process.mjs';

const INSTALL_MS = 180_000;
/** In whose range the tests run that need a newer Node than the installed one. */
const NEWER_MAJOR = 24;

/** Quiet, and from npm's cache where it can. */
export const QUIET = ['--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline'];

/** The store and the page need `node:sqlite`: in Node since 22.13 without a flag. */
export function hasSqlite(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 13);
}

/** The executable of the newest Node of a major release. */
export async function nodeOf(major) {
  if (Number(process.versions.node.split('.')[0]) === major) return process.execPath;
  const folder = join(root, '.cache/nodes', String(major));
  const binary = join(folder, 'node_modules/node/bin/node');
  if (existsSync(binary)) return binary;
  const partial = `${folder}.${process.pid}`;
  await mkdir(partial, { recursive: true });
  await writeFile(join(partial, 'package.json'), '{ "private": true }');
  await promisify(execFile)('npm', ['install', ...QUIET, `node@${major}`], {
    cwd: partial,
    timeout: INSTALL_MS,
  });
  // Another run may have been quicker.
  await rename(partial, folder).catch(() => rm(partial, { recursive: true }));
  return binary;
}

/** A Node with `node:sqlite`: this one if it has it. */
export async function sqliteNode() {
  return hasSqlite() ? process.execPath : await nodeOf(NEWER_MAJOR);
}
