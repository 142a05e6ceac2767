/** The builds of the acceptance target that its tree is compared over: a covering part always, all of them on demand. */

import { isFullRun } from './full-run.ts';
import type { GoBuild } from './go-build.ts';

/** One cell of the matrix. */
export interface AcceptanceBuild extends GoBuild {
  readonly release: string;
  readonly kind: string;
}

export const matrixReleases = ['1.19', '1.21', '1.22', '1.23', '1.24', '1.25', '1.26', '1.27'] as const;
export const matrixKinds = ['plain', 'stripped', 'pie-stripped', 'cgo'] as const;

/** Releases as `GOTOOLCHAIN` names them; 1.26 is that of the machine. */
const toolchains: Readonly<Record<string, string | undefined>> = {
  1.19: '1.19',
  1.21: '1.21.13',
  1.22: '1.22.12',
  1.23: '1.23.12',
  1.24: '1.24.9',
  1.25: '1.25.5',
  1.27: '1.27.4',
};

const flagsOf: Readonly<Record<string, readonly string[]>> = {
  plain: [],
  stripped: ['-ldflags=-s -w', '-trimpath'],
  'pie-stripped': ['-buildmode=pie', '-ldflags=-s -w'],
  cgo: ['-trimpath'],
};

function build(release: string, kind: string): AcceptanceBuild {
  const go = toolchains[release];
  // Go 1.21 refuses a module that asks for a later Go; 1.19 does not look.
  const module = release === '1.21' ? ['-modfile=go1.21.mod'] : [];
  return {
    dir: 'test/fixtures/acceptance/server',
    name: `acceptance-matrix-${release}-${kind}`,
    flags: [...(flagsOf[kind] ?? []), ...module],
    cgo: kind === 'cgo',
    release,
    kind,
    ...(go === undefined ? {} : { go }),
  };
}

/** Every release in one kind, every kind with the oldest and the newest; with `GOIDSPAN_TEST_FULL=1` the whole product. */
export const acceptanceBuilds: readonly AcceptanceBuild[] = matrixReleases.flatMap((release, index) =>
  matrixKinds
    .filter((_, column) => {
      const isEdge = index === 0 || index === matrixReleases.length - 1;
      return isFullRun || isEdge || index % matrixKinds.length === column;
    })
    .map((kind) => build(release, kind)),
);
