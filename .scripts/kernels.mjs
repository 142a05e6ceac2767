/**
 * `npm run kernels`: boots Debian's kernels in QEMU and traces a server on each, in every preemption mode that it has. Ends
 * with exit code 1 if a row is not as it must be.
 */

import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { bundle } from './lib/bundle.mjs';
import { root, run, ScriptError, say, script } from './lib/process.mjs';

const usage = `npm run kernels -- [KERNEL]… [--processor NAME] [--defaults-only] [--stress SECONDS] [--json FILE]

Boots kernels of Debian's archive in QEMU, without KVM, and traces a Go server on each: \`doctor\`, every program loaded
alone, \`run\` and \`attach\` under a load whose every request is known, so that each span and each parent is compared.
One line a kernel, mode and variant: spans and parents that were right, whether the kernel's log stayed clean, the kind of
links, verified instructions of all programs. The first run fetches about 450 MB and keeps 500.

  KERNEL            a line or version: 6.1, 7, 6.18.15; all that there are by default (about 40 minutes)
  --processor NAME  x64 or arm64; both by default
  --defaults-only   each kernel as it comes, without other preemption modes, lockdown and rights
  --stress SECONDS  how long all kinds of requests run at once on 6.18 and on the newest kernel (default 60; 0: not)
  --json FILE       the rows as JSON`;

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        processor: { type: 'string' },
        help: { type: 'boolean', default: false },
        'defaults-only': { type: 'boolean', default: false },
        stress: { type: 'string', default: '60' },
        json: { type: 'string' },
      },
    });
  } catch (error) {
    throw new ScriptError(`${error.message}\n${usage}`);
  }
}

const bundled = () => bundle('kernels-matrix', { 'kernels-matrix': 'test/kernels/kernels.ts' });

/** Fetches kernels and what the guest is made of, once. Where that cannot be, the tests that need them are skipped. */
export async function prepareKernels() {
  const { prepare } = await bundled();
  try {
    await prepare(say);
  } catch (error) {
    say(`no kernels to boot: ${error.message}`);
  }
}

async function main() {
  const { values, positionals } = readArguments();
  if (values.help) {
    process.stdout.write(`${usage}\n`);
    return;
  }
  const stressSeconds = Number(values.stress);
  if (!Number.isInteger(stressSeconds) || stressSeconds < 0) {
    throw new ScriptError(`--stress takes seconds, not ${values.stress}\n${usage}`);
  }
  await run(process.execPath, [join(root, '.scripts/setup.mjs')]);
  const { runKernels } = await bundled();
  const isWhole = await runKernels({
    processor: values.processor,
    wanted: positionals,
    json: values.json && resolve(values.json),
    stressSeconds,
    defaultsOnly: values['defaults-only'],
    say,
    print: (text) => process.stdout.write(`${text}\n`),
  }).catch((error) => {
    throw new ScriptError(error.message);
  });
  if (!isWhole) process.exitCode = 1;
}

if (process.argv[1] === import.meta.filename) script(main);
