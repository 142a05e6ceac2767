/** Real servers for the tests, databases and Prometheus: Debian's packages, unpacked beside the checkout's other tools and not installed. */

import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { root, run, say, which } from './process.mjs';

const servers = [
  { name: 'PostgreSQL', packages: ['postgresql-15'], program: 'usr/lib/postgresql/15/bin/postgres' },
  {
    name: 'MariaDB',
    packages: ['mariadb-server-core', 'mariadb-client-core'],
    program: 'usr/sbin/mariadbd',
  },
  { name: 'Redis', packages: ['redis-server'], program: 'usr/bin/redis-server' },
  { name: 'Prometheus', packages: ['prometheus'], program: 'usr/bin/prometheus' },
];

/** Below this folder Debian's files are as below `/`. */
const folder = join(root, '.cache/servers');

/**
 * Unpacks what is missing, with the libraries that this host lacks. Nothing is installed, so that no service starts and
 * the host stays as it is. Without them the tests that need them are skipped.
 */
export async function fetchServers() {
  const missing = servers.filter(({ program }) => !['/', folder].some((at) => existsSync(join(at, program))));
  if (missing.length === 0 || process.getuid?.() !== 0 || !which('apt-get') || !which('dpkg-deb')) return;
  for (const server of missing) {
    say(`fetching Debian's ${server.name}: the tests speak with it`);
    if (!(await fetch(server))) {
      say(
        `missing: ${server.name}; remedy: apt-get install ${server.packages.join(' ')}; without it tests are skipped`,
      );
    }
  }
}

async function fetch({ packages, program }) {
  const archives = join(root, '.cache/apt', basename(program));
  const log = `server-${basename(program)}`;
  rmSync(archives, { recursive: true, force: true });
  mkdirSync(join(archives, 'partial'), { recursive: true });
  const download = () =>
    run(
      'apt-get',
      [
        ...['-o', `Dir::Cache::archives=${archives}`, '-o', 'APT::Sandbox::User=root', '-qq', '-y'],
        ...['install', '--download-only', '--no-install-recommends', ...packages],
      ],
      { log, mayFail: true, env: { DEBIAN_FRONTEND: 'noninteractive' } },
    );
  if ((await download()) !== 0) {
    await run('apt-get', ['update'], { log: 'apt-update', mayFail: true });
    if ((await download()) !== 0) return false;
  }
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  if (existsSync(folder)) renameSync(folder, partial);
  for (const file of readdirSync(archives).filter((name) => name.endsWith('.deb'))) {
    await run('dpkg-deb', ['-x', join(archives, file), partial], { log });
  }
  renameSync(partial, folder);
  rmSync(archives, { recursive: true });
  return true;
}
