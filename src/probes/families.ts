/** All probe families of this release, and which of them a level has. */

import { db } from './db-sql.ts';
import { goroutine } from './goroutine.ts';
import { LEVELS, type ProbeFamily, type ProbeLevel } from './hook.ts';
import { httpClient } from './http-client.ts';
import { httpServer } from './http-server.ts';

export const families: readonly ProbeFamily[] = [goroutine, httpServer, httpClient, db];

/** Those of the level and of the ones before it. */
export function familiesOf(level: ProbeLevel): readonly ProbeFamily[] {
  return families.filter((family) => LEVELS.indexOf(family.level) <= LEVELS.indexOf(level));
}
