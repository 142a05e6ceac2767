import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { describeWith, type Requirement } from './capabilities.ts';
import {
  type Database,
  mariadb,
  postgres,
  redis,
  startMariadb,
  startPostgres,
  startRedis,
} from './databases.ts';

const servers: readonly [string, Requirement, () => Promise<Database>, RegExp][] = [
  ['PostgreSQL', postgres, startPostgres, /^$/],
  ['MariaDB', mariadb, startMariadb, /10\.11.*MariaDB/],
  ['Redis', redis, startRedis, /^$/],
];

for (const [name, requirement, start, greeting] of servers) {
  describeWith([requirement], `${name} for a test`, () => {
    it('answers on loopback until it is stopped', async () => {
      const database = await start();
      expect(await greetingOf(database)).toMatch(greeting);
      await database.stop();
      await expect(greetingOf(database)).rejects.toThrow('ECONNREFUSED');
    }, 120_000);
  });
}

/** What a server says of itself first; PostgreSQL and Redis wait for the client to speak. */
async function greetingOf({ port }: Database): Promise<string> {
  return await new Promise((done, fail) => {
    const socket = connect(port, '127.0.0.1', () => socket.setTimeout(500));
    const end = (text: string): void => {
      socket.destroy();
      done(text);
    };
    socket.on('data', (bytes) => end(bytes.toString('latin1')));
    socket.on('timeout', () => end(''));
    socket.on('error', fail);
  });
}
