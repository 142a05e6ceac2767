/** Turns what a machine lacks into a named skip of the running test. */

import type { TestContext } from 'vitest';
import { go } from './capabilities.ts';
import { buildGo, type GoBuild, ToolchainMissing } from './go-build.ts';

/** Builds a fixture, or skips the test naming the toolchain that is missing. */
export async function buildOrSkip(context: TestContext, build: GoBuild): Promise<string> {
  try {
    return await buildGo(build);
  } catch (error) {
    if (error instanceof ToolchainMissing) return context.skip(error.message);
    throw error;
  }
}

/** Skips the test, saying so, where there is no `go` command. */
export function needGo(context: TestContext): void {
  const missing = go();
  if (missing !== undefined) context.skip(missing);
}
