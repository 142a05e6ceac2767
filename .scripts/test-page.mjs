/** Runs the tests of the store, the receiver and the page: they need `node:sqlite`, so a newer Node where the installed one has none. */

import { delimiter, dirname, join } from 'node:path';
import { sqliteNode } from './lib/nodes.mjs';
import { root, run, script } from './lib/process.mjs';

/** Exit code of vitest over the project `page`; arguments go to vitest. */
export async function runPageTests(args, env) {
  const node = await sqliteNode();
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  // What the tests start by the name `node` must be that one too.
  const path = `${dirname(node)}${delimiter}${process.env.PATH ?? ''}`;
  return run(node, [vitest, 'run', '--project=page', ...args], {
    mayFail: true,
    env: { ...env, PATH: path },
  });
}

if (process.argv[1] === import.meta.filename) {
  script(async () => {
    process.exitCode = await runPageTests(process.argv.slice(2));
  });
}
