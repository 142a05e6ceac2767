/** Programs built with profile-guided optimisation: functions of net/http are inlined where they are hot. */

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openFileSource } from '../../src/binary/file-source.ts';
import { GoBinary } from '../../src/binary/go-binary.ts';
import { families } from '../../src/probes/families.ts';
import { planAttach } from '../../src/probes/plan.ts';
import { isFullRun } from '../support/full-run.ts';
import { buildOrSkip } from '../support/skip.ts';

const dir = 'test/fixtures/binary/profiled';

test.runIf(isFullRun)(
  'a program optimised by its profile has every end where its server passes (GOIDSPAN_TEST_FULL=1)',
  { timeout: 900_000 },
  async (context) => {
    const plain = await buildOrSkip(context, { dir, name: 'profiled' });
    const profile = `${plain}.pprof`;
    if (!existsSync(profile)) execFileSync(plain, [profile]);
    const path = await buildOrSkip(context, { dir, name: 'profiled-pgo', flags: [`-pgo=${profile}`] });
    const binary = GoBinary.open(openFileSource(path));
    const plan = planAttach(binary, families);
    // What is hot in the profile decides whether the runtime's functions are whole.
    const lost = plan.hooks.filter((h) => h.missing !== undefined && !h.isUnlinked);
    for (const why of [...lost.map((h) => h.missing), plan.notDeeper ?? '']) {
      expect(why).toMatch(/^$|\(inlined by the compiler\)$|alloc_\w+: the program has no function/);
    }
    expect(lost.map((h) => h.hook.name).filter((name) => !/^(chan|alloc)_/.test(name))).toEqual([]);
    const serve = 'net/http.(*conn).serve';
    const caller = binary.functions([serve]).get(serve);
    const calls = caller
      ? binary.instructionsOf(caller).flatMap((i) => (i.op === 'call' ? [i.target] : []))
      : [];
    const birth = plan.hooks.find((h) => h.hook.name === 'goroutine_birth')?.sites;
    expect(birth).toMatchObject([{ symbol: 'runtime.newproc.func1', arg: 1 }]);
    for (const name of ['http_server_start', 'http_server_end']) {
      const symbol = plan.hooks.find((h) => h.hook.name === name)?.sites[0]?.symbol ?? '';
      expect(calls, `${name} at ${symbol}`).toContain(binary.functions([symbol]).get(symbol)?.entry);
    }
  },
);
