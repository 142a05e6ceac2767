/**
 * `npm run docs`: the API report `.api/goidspan.api.md` (committed: a change of the public surface shows in its diff) and
 * the API documentation of the doc comments, as HTML in `.cache/docs`.
 */

import { join } from 'node:path';
import { build } from './build.mjs';
import { root, run, say, script } from './lib/process.mjs';

const bin = (name) => join(root, 'node_modules/.bin', name);

script(async () => {
  await build(['js']);
  await run(bin('api-extractor'), ['run', '--local', '--config', '.api/api-extractor.json'], { log: 'api' });
  const input = ['--entryPoints', 'src/index.ts', '--readme', 'README.md', '--tsconfig', 'tsconfig.json'];
  const output = ['--out', '.cache/docs', '--disableGit', '--disableSources'];
  await run(bin('typedoc'), [...input, ...output], { log: 'typedoc' });
  say('API report: .api/goidspan.api.md; documentation: .cache/docs/index.html');
});
