/** `npm run demo`: the sample shop under load, traced from the kernel: its requests as trees, then the page of the slowest. */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { unlessFresh } from './lib/fresh.mjs';
import { sqliteNode } from './lib/nodes.mjs';
import { root, run, ScriptError, say, script, which } from './lib/process.mjs';
import { showSlowest } from './lib/slowest.mjs';

const shop = '.cache/demo/shop';
const store = '.cache/demo/store';

/** Without these the trees are printed instead of sent somewhere. */
function withoutOtelVariables() {
  return Object.fromEntries(
    Object.keys(process.env)
      .filter((name) => name.startsWith('OTEL_'))
      .map((name) => [name, undefined]),
  );
}

script(async () => {
  await run(process.execPath, [join(root, '.scripts/setup.mjs')]);
  if (!which('go'))
    throw new ScriptError('cannot build the sample shop: no go on the PATH (https://go.dev/dl)');
  await unlessFresh('shop', { inputs: ['examples/shop'], outputs: [shop] }, async () => {
    say('building the sample shop (examples/shop)');
    await run('go', ['build', '-buildvcs=false', '-o', join(root, shop), '.'], {
      cwd: join(root, 'examples/shop'),
      log: 'shop',
    });
  });
  const node = await sqliteNode().catch(() => undefined);
  rmSync(join(root, store), { recursive: true, force: true });
  const kept = node ? ['--page', '--page-port', '0', '--store', join(root, store)] : [];
  say(
    'goidspan run --level cpu --slow 10 -- shop -load 10s: a tree for each finished trace, then the summary',
  );
  const cli = join(root, 'dist/cli/main.js');
  const command = [join(root, shop), '-listen', '127.0.0.1:0', '-load', '10s'];
  process.exitCode = await run(
    node ?? process.execPath,
    [cli, 'run', '--level', 'cpu', '--slow', '10', '--service-name', 'shop', ...kept, '--', ...command],
    {
      mayFail: true,
      env: withoutOtelVariables(),
    },
  );
  if (process.exitCode !== 0) return;
  if (node) await showSlowest(node, cli, join(root, store));
  else
    say(`no page: Node ${process.versions.node} has no SQLite, and no newer Node could be fetched from npm`);
});
