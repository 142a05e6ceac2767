/** The builds of the fixture that prints its stacks: a covering part always, all of them on demand. */

import { isFullRun } from './full-run.ts';
import type { GoBuild } from './go-build.ts';

const dir = 'test/fixtures/binary/symbols';
const releases = ['1.19', '1.20.14', '1.21.13', '1.22.12', '1.23.12', '1.24.9', '1.25.5', '1.27.4'];

interface SymbolsBuild extends GoBuild {
  /** Whether it is built in every run. */
  readonly isCovering: boolean;
}

function of(kind: string, more: Partial<GoBuild> = {}): GoBuild {
  return { dir, name: `symbols-${more.go ?? 'local'}-${kind}`, ...more };
}

const flagsByKind: Readonly<Record<string, Partial<GoBuild>>> = {
  plain: {},
  stripped: { flags: ['-ldflags=-s -w', '-trimpath'] },
  pie: { flags: ['-buildmode=pie'] },
  cgo: { cgo: true },
  'external-pie': { cgo: true, flags: ['-buildmode=pie', '-ldflags=-s -w -linkmode=external'] },
};

function kindsOf(go?: string): SymbolsBuild[] {
  const covering = coveringKinds[go ?? 'local'] ?? [];
  return Object.entries(flagsByKind).map(([kind, flags]) => ({
    ...of(kind, { ...flags, ...(go === undefined ? {} : { go }) }),
    isCovering: covering.includes(kind),
  }));
}

const coveringKinds: Readonly<Record<string, readonly string[]>> = {
  local: ['plain', 'stripped', 'pie', 'external-pie'],
  '1.19': ['plain'],
  '1.27.4': ['stripped'],
};

export const localSymbols = of('plain');
/** With records as up to Go 1.19. */
export const oldSymbols = of('plain', { go: '1.19' });
export const arm64Symbols = of('arm64', { arch: 'arm64' });

export const symbolsBuilds: readonly GoBuild[] = [undefined, ...releases]
  .flatMap((go) => kindsOf(go))
  .filter(({ isCovering }) => isFullRun || isCovering);
