/** Appends requests to the store of a folder until it is killed; says each number when its request is acknowledged, and why one is not. */
import { openStore } from '../../../src/store/open-store.ts';
import { numberedRequest } from '../numbered-spans.ts';

const [folder = '', first = '0', inFlight = '4', options = '{}'] = process.argv.slice(2);
const store = await openStore(folder, JSON.parse(options)).catch((error) => {
  process.stdout.write(`cannot open ${error.code}: ${error.message}\n`);
  process.exit(1);
});
process.stdout.write('open\n');
let next = Number(first);

async function lane(): Promise<void> {
  for (;;) {
    const request = next++;
    try {
      const { stored } = await store.append(numberedRequest(request));
      process.stdout.write(`acknowledged ${request} ${stored}\n`);
    } catch (error) {
      process.stdout.write(
        `refused ${request} ${(error as { code?: string }).code}: ${(error as Error).message}\n`,
      );
      return;
    }
  }
}

await Promise.all(Array.from({ length: Number(inFlight) }, lane));
await store.close();
process.stdout.write('closed\n');
