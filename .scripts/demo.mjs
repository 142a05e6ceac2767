/** `npm run demo`: the sample shop under load, traced from the kernel, its requests printed as trees. */

import { join } from 'node:path';
import { unlessFresh } from './lib/fresh.mjs';
import { root, run, ScriptError, say, script, which } from './lib/process.mjs';

const shop = '.cache/demo/shop';

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
  say('goidspan run --level cpu -- shop -load 10s: a tree for each finished trace, then the summary');
  const cli = join(root, 'dist/cli/main.js');
  const command = [join(root, shop), '-listen', '127.0.0.1:0', '-load', '10s'];
  process.exitCode = await run(
    process.execPath,
    [cli, 'run', '--level', 'cpu', '--service-name', 'shop', '--', ...command],
    {
      mayFail: true,
      env: withoutOtelVariables(),
    },
  );
});
