/** The builds of the net/http fixture that the binary tests run over: a covering part always, all of them on demand. */

import { isFullRun } from './full-run.ts';
import type { GoBuild } from './go-build.ts';

const dir = 'test/fixtures/binary/nethttp';
const stripped = ['-ldflags=-s -w', '-trimpath'];
const pieStripped = ['-buildmode=pie', '-ldflags=-s -w'];
const externalPie = ['-buildmode=pie', '-ldflags=-s -w -linkmode=external'];

/** One build of the fixture and what is special about it. */
export interface NetHttpBuild extends GoBuild {
  readonly hasDwarf: boolean;
  readonly isPie: boolean;
}

function plain(go?: string): NetHttpBuild {
  return { ...of('plain', [], go), hasDwarf: true };
}

function of(kind: string, flags: readonly string[], go?: string): NetHttpBuild {
  const release = go ?? 'local';
  const isPie = flags.includes('-buildmode=pie');
  const name = `nethttp-${release}-${kind}`;
  return { dir, name, flags, isPie, hasDwarf: false, ...(go === undefined ? {} : { go }) };
}

/** Builds of the machine's own Go. */
export const localPlain = plain();
export const localStripped = of('stripped', stripped);
export const localPieStripped = of('pie-stripped', pieStripped);

/** In every run. */
const covering: readonly NetHttpBuild[] = [
  localPlain,
  localStripped,
  localPieStripped,
  plain('1.19'),
  plain('1.27.4'),
];

const releases = [
  '1.19',
  '1.20.14',
  '1.21.13',
  '1.22.12',
  '1.23.12',
  '1.24.9',
  '1.25.5',
  undefined,
  '1.27.4',
];

/** With `GOIDSPAN_TEST_FULL=1`. */
const all: readonly NetHttpBuild[] = releases.flatMap((go) => [
  plain(go),
  of('stripped', stripped, go),
  of('pie-stripped', pieStripped, go),
  { ...of('cgo', ['-trimpath'], go), cgo: true },
  { ...of('external-pie-stripped', externalPie, go), cgo: true },
]);

/** The builds of this run. */
export const netHttpBuilds: readonly NetHttpBuild[] = isFullRun ? all : covering;
