/** The builds of the fixture that prints its stacks: a covering part always, all of them on demand. */

import { isFullRun } from './full-run.ts';
import type { GoBuild } from './go-build.ts';

const dir = 'test/fixtures/binary/symbols';
const releases = ['1.19', '1.20.14', '1.21.13', '1.22.12', '1.23.12', '1.24.9', '1.25.5', '1.27.4'];

function of(kind: string, more: Partial<GoBuild> = {}): GoBuild {
  return { dir, name: `symbols-${more.go ?? 'local'}-${kind}`, ...more };
}

function kindsOf(go?: string): GoBuild[] {
  const release = go === undefined ? {} : { go };
  return [
    of('plain', release),
    of('stripped', { ...release, flags: ['-ldflags=-s -w', '-trimpath'] }),
    of('pie', { ...release, flags: ['-buildmode=pie'] }),
    of('cgo', { ...release, cgo: true }),
    of('external-pie', {
      ...release,
      cgo: true,
      flags: ['-buildmode=pie', '-ldflags=-s -w -linkmode=external'],
    }),
  ];
}

/** Of the machine's own Go. */
const local = kindsOf();
export const localSymbols = of('plain');
/** With records as up to Go 1.19. */
export const oldSymbols = of('plain', { go: '1.19' });
export const arm64Symbols = of('arm64', { arch: 'arm64' });

export const symbolsBuilds: readonly GoBuild[] = isFullRun
  ? [...local, ...releases.flatMap((go) => kindsOf(go))]
  : [...local, oldSymbols, of('stripped', { go: '1.27.4', flags: ['-ldflags=-s -w'] })];
