/** Programs that others wrote: every required hook is found, or its absence is explained. */

import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { openFileSource } from '../../src/binary/file-source.ts';
import { GoBinary } from '../../src/binary/go-binary.ts';
import { families } from '../../src/probes/families.ts';
import { planAttach } from '../../src/probes/plan.ts';
import { localStripped } from '../support/nethttp-builds.ts';
import { disassemble } from '../support/objdump.ts';
import { buildOrSkip } from '../support/skip.ts';

const timeout = 300_000;
const root = fileURLToPath(new URL('../..', import.meta.url));
const goroot = findGoroot();
const esbuild = dirname(createRequire(import.meta.url).resolve('esbuild/package.json'));

/** Where the Go of this machine is; empty if there is none. */
function findGoroot(): string {
  try {
    return execFileSync('go', ['env', 'GOROOT'], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}

/** What a program lacks, by the beginning of the hooks' names; everything else must be there. */
const programs: readonly { name: string; path: string; lacks: readonly string[] }[] = [
  {
    name: 'Jaeger',
    path: join(root, '.cache/peers/jaeger'),
    lacks: ['http_server_upgrade'],
  },
  {
    name: 'the OpenTelemetry Collector',
    path: join(root, '.cache/peers/otelcol'),
    lacks: ['http_server_upgrade'],
  },
  { name: "Go's go command", path: join(goroot, 'bin/go'), lacks: ['http_server'] },
  {
    name: 'esbuild as npm ships it',
    path: join(esbuild, '../@esbuild/linux-x64/bin/esbuild'),
    lacks: ['http_client', 'http_server_hijack', 'http_server_upgrade', 'http_server_route', 'mutex_'],
  },
];

describe.each(programs)('the plan for $name', ({ path, lacks }) => {
  test('has every hook but those whose functions are not linked', { timeout }, (context) => {
    if (!existsSync(path)) return context.skip(`no ${path} here`);
    const { hooks } = planAttach(GoBinary.open(openFileSource(path)), families);
    for (const { hook, sites, missing } of hooks) {
      const isAbsent =
        /_xnet$|_coro$|_router$|^http_fiber_|^db_|^grpc_|^sdk_/.test(hook.name) ||
        lacks.some((prefix) => hook.name.startsWith(prefix));
      if (!isAbsent) expect([hook.name, missing]).toEqual([hook.name, undefined]);
      else if (missing !== undefined)
        expect(missing).toMatch(
          /^the program (has no function \S+( or \S+)*|copies no requests)$|built with a profile/,
        );
      expect(sites.length > 0).toBe(missing === undefined);
    }
  });

  test('has only sites at which objdump, too, sees an instruction start', { timeout }, (context) => {
    if (!existsSync(path)) return context.skip(`no ${path} here`);
    const binary = GoBinary.open(openFileSource(path));
    const sites = planAttach(binary, families).hooks.flatMap((h) => h.sites);
    for (const symbol of new Set(sites.map((s) => s.symbol))) {
      const fn = binary.functions([symbol]).get(symbol);
      const listing = disassemble(path, fn?.entry ?? 0, fn?.end ?? 0);
      if (!listing) return context.skip('no objdump here (install binutils)');
      for (const site of sites.filter((s) => s.symbol === symbol)) {
        const [mnemonic] = site.instruction.split(' ');
        expect([site.vaddr, listing.get(site.vaddr)]).toEqual([
          site.vaddr,
          expect.stringMatching(new RegExp(`^${mnemonic}`)),
        ]);
      }
    }
  });
});

test('a program that makes no requests, such as gofmt, is refused with the reason', (context) => {
  const path = join(goroot, 'bin/gofmt');
  if (!existsSync(path)) return context.skip(`no ${path} here`);
  expect(() => planAttach(GoBinary.open(openFileSource(path)), families)).toThrow(
    /^cannot trace the executable: it has none of http_server, http_client/,
  );
});

/** Seconds and MB that `goidspan inspect` of a program takes, the best of a few. */
function costOfInspect(path: string): { seconds: number; megabytes: number } {
  const tell =
    'data:text/javascript,process.on("exit",()=>console.error("cost",performance.now(),process.resourceUsage().maxRSS))';
  const runs = Array.from({ length: 3 }, () => {
    const main = join(root, 'dist/cli/main.js');
    const script = `exec "$0" --import '${tell}' "$1" inspect "$2" 2>&1 >/dev/null`;
    const output = execFileSync('/bin/sh', ['-c', script, process.execPath, main, path], {
      encoding: 'utf8',
    });
    const [, milliseconds, kilobytes] = /^cost ([\d.]+) (\d+)$/m.exec(output) ?? [];
    return { seconds: Number(milliseconds) / 1e3, megabytes: Number(kilobytes) / 1024 };
  });
  return {
    seconds: Math.min(...runs.map((r) => r.seconds)),
    megabytes: Math.min(...runs.map((r) => r.megabytes)),
  };
}

test('Jaeger is read in a second, with 70 MB more than a small program', { timeout }, async (context) => {
  const path = join(root, '.cache/peers/jaeger');
  if (!existsSync(path)) return context.skip(`no ${path} here`);
  const small = costOfInspect(await buildOrSkip(context, localStripped));
  const big = costOfInspect(path);
  const more = big.megabytes - small.megabytes;
  const megabytes = Math.round(statSync(path).size / 1e6);
  process.stdout.write(
    `inspect of Jaeger (${megabytes} MB): ${big.seconds.toFixed(2)} s with the start of Node, ${more.toFixed(0)} MB more than for a program of 6 MB\n`,
  );
  // Other tests run beside this one; alone it takes half a second.
  expect(big.seconds).toBeLessThan(3);
  expect(more).toBeLessThan(70);
});
