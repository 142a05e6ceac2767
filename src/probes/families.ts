/** All probe families of this release. */

import { db } from './db-sql.ts';
import { goroutine } from './goroutine.ts';
import type { ProbeFamily } from './hook.ts';
import { httpClient } from './http-client.ts';
import { httpServer } from './http-server.ts';

export const families: readonly ProbeFamily[] = [goroutine, httpServer, httpClient, db];
