/** Appends far more than the disk of a folder holds, then has it filled by somebody else; says what came of each step as JSON. */
import { closeSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../../../src/store/open-store.ts';
import { numberedRequest, traceIdOf } from '../numbered-spans.ts';

const [disk = ''] = process.argv.slice(2);
const folder = join(disk, 'store');
const options = { segmentLimits: { spans: 3_000, ageMs: 1e9 } };
const REQUESTS = 12_000;
const LANES = 8;

async function appendAll(store: Awaited<ReturnType<typeof openStore>>, first: number, count: number) {
  let next = first;
  let last = -1;
  const refusals: string[] = [];
  const lane = async (): Promise<void> => {
    while (next < first + count) {
      const request = next++;
      try {
        await store.append(numberedRequest(request));
        last = Math.max(last, request);
      } catch (error) {
        refusals.push(`${(error as { code?: string }).code}: ${(error as Error).message}`);
      }
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return { last, refusals: refusals.length, refusal: refusals[0] };
}

function fillUp(path: string): void {
  const file = openSync(path, 'w');
  try {
    for (const size of [1 << 16, 1 << 12, 1]) {
      try {
        for (;;) writeSync(file, Buffer.alloc(size));
      } catch {
        // Not a byte more of that size.
      }
    }
  } finally {
    closeSync(file);
  }
}

const say = (step: string, what: object): void => {
  process.stdout.write(`${JSON.stringify({ step, ...what })}\n`);
};
const hasLast = async (store: Awaited<ReturnType<typeof openStore>>, last: number) =>
  (await store.trace(traceIdOf(last)))?.spanId.length;

let store = await openStore(folder, options);
const much = await appendAll(store, 0, REQUESTS);
say('much', { ...much, spansOfLast: await hasLast(store, much.last), state: await store.state() });
await store.close();

store = await openStore(folder, options);
say('again', { spansOfLast: await hasLast(store, much.last), state: await store.state() });
const filler = join(disk, 'filler');
writeFileSync(filler, '');
fillUp(filler);
const full = await appendAll(store, REQUESTS, 400);
fillUp(join(disk, 'filler2'));
const fuller = await appendAll(store, REQUESTS + 400, 400);
say('full', { ...fuller, before: full.last });
await store.close();

store = await openStore(folder, options);
say('opened full', { state: await store.state() });
rmSync(filler);
rmSync(join(disk, 'filler2'));
const after = await appendAll(store, 2 * REQUESTS, 100);
say('after', { ...after, spansOfLast: await hasLast(store, after.last), state: await store.state() });
await store.close();
