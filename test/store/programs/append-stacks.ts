/** Appends stacks to the store of a folder until it is killed; says each number when its stacks are acknowledged. */
import { openStore } from '../../../src/store/open-store.ts';
import { appendStacks } from '../../support/store-stacks.ts';
import { batchOf } from '../numbered-stacks.ts';

const [folder = ''] = process.argv.slice(2);
const store = await openStore(folder);
for (let number = 1; ; number++) {
  await appendStacks(store, batchOf([number]));
  process.stdout.write(`acknowledged ${number}\n`);
}
