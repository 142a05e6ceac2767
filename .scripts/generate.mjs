/** Makes the generated sources anew: the decoders of the wire records from the BTF of `bpf/wire.h`. */

import { build } from './build.mjs';
import { root, run, script } from './lib/process.mjs';

script(async () => {
  await build(['witness']);
  await run(process.execPath, [`${root}/.scripts/generate-wire.mjs`]);
});
