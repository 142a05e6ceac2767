/** Fills the store of a folder: a trace of some spans, of which the first was seen at very many places, and many that were seen at a few. */
import { requestOfJson } from '../../../src/receiver/json-request.ts';
import { StackBatchBuilder } from '../../../src/span/stack-batch.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { generated } from '../../page/support/large-trace.ts';
import { manyStacks, usualStacks } from '../../page/support/stacks.ts';
import { appendStacks } from '../../support/store-stacks.ts';

const [folder = '', traceId = '', spans = '0', frames = '0', usual = '0'] = process.argv.slice(2);
/** Of one batch, as an agent sends them. */
const BATCH_BYTES = 256 << 10;

const store = await openStore(folder);
await store.append(requestOfJson(JSON.stringify(generated(Number(spans)))));
const batch = new StackBatchBuilder();
batch.add({ traceId, spanId: '1'.padStart(16, '0'), left: 0, seen: manyStacks(Number(frames), 1) });
await appendStacks(store, batch.take());
const before = (await store.state()).bytes;
for (let span = 0; span < Number(usual); span++) {
  const id = (span + 2 ** 40).toString(16).padStart(16, '0');
  batch.add({ traceId: id.repeat(2), spanId: id, left: 0, seen: usualStacks(span) });
  if (batch.bytes >= BATCH_BYTES) await appendStacks(store, batch.take());
}
await appendStacks(store, batch.take());
process.stdout.write(`bytes a span ${((await store.state()).bytes - before) / Number(usual)}\n`);
await store.close();
