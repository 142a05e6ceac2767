/** Child processes and progress lines of the developer scripts. Only Node's own modules: it runs before `npm ci`. */

import { spawn } from 'node:child_process';
import { accessSync, constants, mkdirSync, openSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

// Debian puts tools such as bpftool where only root looks.
process.env.PATH = [process.env.PATH, '/usr/local/sbin', '/usr/sbin', '/sbin']
  .filter(Boolean)
  .join(delimiter);

/** Says in one line what happens next, and why if it is not plain. */
export function say(text) {
  process.stdout.write(`▸ ${text}\n`);
}

/** An error whose message is the whole story: shown without a stack. */
export class ScriptError extends Error {}

/** The full path of a command on the PATH, if there. */
export function which(command) {
  for (const directory of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(directory, command);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this directory.
    }
  }
  return undefined;
}

/** Addresses of package registries and mirrors say nothing to the reader and do not belong into logs. */
function withoutAddresses(text) {
  return text.replace(/\b(?:https?|ftp):\/\/\S+/g, '(address)');
}

/** The first and the last lines of a log: where compilers and package managers say what went wrong. */
function excerpt(text) {
  const lines = text.trimEnd().split('\n');
  if (lines.length <= 60) return lines.join('\n');
  return [...lines.slice(0, 30), `… ${lines.length - 60} lines …`, ...lines.slice(-30)].join('\n');
}

/**
 * Runs a command to its end; its output goes into `.cache/log/<log>.log`, or to the terminal when no log is named.
 * @returns the exit code
 * @throws ScriptError when the command fails and `mayFail` is not set: it holds the end of the log.
 */
export function run(command, args, { log, mayFail = false, env, cwd = root } = {}) {
  let logPath;
  let stdio = 'inherit';
  if (log !== undefined) {
    mkdirSync(join(root, '.cache/log'), { recursive: true });
    logPath = join(root, '.cache/log', `${log}.log`);
    const fd = openSync(logPath, 'w');
    stdio = ['ignore', fd, fd];
  }
  return new Promise((done, fail) => {
    const child = spawn(command, args, { cwd, stdio, env: { ...process.env, ...env } });
    const started = Date.now();
    const heartbeat = setInterval(() => {
      if (log !== undefined) say(`… ${Math.round((Date.now() - started) / 1000)} s`);
    }, 30_000);
    child.on('error', (error) => {
      clearInterval(heartbeat);
      fail(new ScriptError(`cannot run ${command}: ${error.message}`));
    });
    child.on('close', (code, signal) => {
      clearInterval(heartbeat);
      if (code === 0 || mayFail) return done(code ?? 1);
      const end = logPath ? `\n${withoutAddresses(excerpt(readFileSync(logPath, 'utf8')))}` : '';
      fail(
        new ScriptError(`cannot finish ${command} ${args.join(' ')}: ${signal ?? `exit code ${code}`}${end}`),
      );
    });
  });
}

/** Runs `main` and turns what it throws into a message and exit code 1. */
export async function script(main) {
  try {
    await main();
  } catch (error) {
    process.stderr.write(
      error instanceof ScriptError ? `✗ ${error.message}\n` : `${error?.stack ?? error}\n`,
    );
    process.exitCode = 1;
  }
}
