/** What is planned for pgx and go-redis in both of their generations, and in programs that have them in part. */

import { describe, expect, test } from 'vitest';
import { openFileSource } from '../../src/binary/file-source.ts';
import { GoBinary } from '../../src/binary/go-binary.ts';
import { families } from '../../src/probes/families.ts';
import type { AttachPlan } from '../../src/probes/plan.ts';
import { planAttach } from '../../src/probes/plan.ts';
import { disassemble } from '../support/objdump.ts';
import { buildOrSkip } from '../support/skip.ts';
import { storesBuilds } from '../support/stores-server.ts';

const timeout = 600_000;
const planOf = (path: string): AttachPlan => planAttach(GoBinary.open(openFileSource(path)), families);
const ofStores = /^db_(pgx|redis)_/;

describe.each(storesBuilds)('the plan for $name', (build) => {
  test('has the hooks of pgx and go-redis, at instructions that are emulated', {
    timeout,
  }, async (context) => {
    const { hooks } = planOf(await buildOrSkip(context, build));
    const missing = hooks.filter(({ hook, sites }) => ofStores.test(hook.name) && sites.length === 0);
    // What releases connections of nodes is another one in each generation, and only later ones keep some for many.
    expect(missing.map(({ hook }) => hook.name)).toEqual([
      build.go === undefined ? 'db_redis_release' : 'db_redis_lent',
    ]);
    const stepped = hooks.flatMap(({ sites }) => sites).filter((site) => site.class === 'single-stepped');
    // Once for each copy of rows into a table, and for each call of go-redis that gets no connection.
    expect(stepped.filter(({ symbol }) => /pgx|redis/.test(symbol)).map(({ symbol }) => symbol)).toEqual([
      'github.com/jackc/pgx/v5.(*Conn).CopyFrom',
      'github.com/redis/go-redis/v9.(*baseClient).withConn',
      ...(build.go === undefined ? ['github.com/redis/go-redis/v9.(*baseClient).withPipelineConn'] : []),
    ]);
  });

  test('has only sites at which objdump, too, sees an instruction start', { timeout }, async (context) => {
    const path = await buildOrSkip(context, build);
    const binary = GoBinary.open(openFileSource(path));
    const sites = planOf(path).hooks.flatMap(({ hook, sites }) => (ofStores.test(hook.name) ? sites : []));
    for (const symbol of new Set(sites.map((site) => site.symbol))) {
      const fn = binary.functions([symbol]).get(symbol);
      const listing = disassemble(path, fn?.entry ?? 0, fn?.end ?? 0);
      if (!listing) return context.skip('no objdump here (install binutils)');
      expect(sites.filter((site) => site.symbol === symbol && !listing.has(site.vaddr))).toEqual([]);
    }
  });
});

const sqlServer = { dir: 'test/fixtures/sql/server', name: 'sql-1.26' };

test('a program that uses pgx by database/sql alone has no probes on pgx', { timeout }, async (context) => {
  const { hooks } = planOf(await buildOrSkip(context, sqlServer));
  const plans = hooks.filter(({ hook }) => ofStores.test(hook.name));
  expect(plans.flatMap(({ sites }) => sites)).toEqual([]);
  expect(plans.find(({ hook }) => hook.name === 'db_pgx_start')?.missing).toBe(
    'the program uses pgx by database/sql alone',
  );
  expect(hooks.find(({ hook }) => hook.name === 'db_pool_start')?.sites).toHaveLength(5);
});
