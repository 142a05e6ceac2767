/** A profile that Go has taken, beside the picture of a span: read in the browser, drawn, in the table; and files that are none. */
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, it, onTestFinished } from 'vitest';
import { encodePprof } from '../../src/profile/pprof.ts';
import { Profile } from '../../src/profile/profile.ts';
import { describeWith, go } from '../support/capabilities.ts';
import { temporaryFolder } from '../support/command.ts';
import { buildGo } from '../support/go-build.ts';
import { GoServer } from '../support/go-server.ts';
import { axeFindings, look, picture } from './support/browser.ts';
import { browser, startBrowser } from './support/chromium.ts';
import { servePage } from './support/page-server.ts';
import { sample } from './support/sample.ts';

/** Of a second of work. */
async function cpuProfile(): Promise<Buffer> {
  const server = await GoServer.start(await buildGo({ dir: 'test/fixtures/profile', name: 'profile' }));
  onTestFinished(() => server.stop());
  const taken = fetch(`${server.url}/debug/pprof/profile?seconds=1`).then((answer) => answer.arrayBuffer());
  let isTaken = false;
  void taken.then(() => {
    isTaken = true;
  });
  while (!isTaken) await server.get('/job/a');
  return Buffer.from(await taken);
}

function profileOf(type: string, unit: string): Buffer {
  const values = [
    { type: 'contentions', unit: 'count' },
    { type, unit },
  ];
  const profile = new Profile({ values }, Number.POSITIVE_INFINITY);
  const frame = (name: string) => ({ function: name, file: '/src/main.go', line: 7, isInlined: false });
  profile.add([frame('sync.(*Mutex).Unlock'), frame('main.hold')], [3, 30_000_000]);
  return Buffer.from(encodePprof(profile));
}

describeWith([go, browser], 'a profile of Go beside a span', () => {
  it('is drawn with a table of the same, asks nobody, and says what is wrong with a file that is none', async () => {
    const told = sample(1);
    const { traceId, spanId } = told.slow('mutex');
    const [served, cpu, started] = await Promise.all([
      servePage(told.requests),
      cpuProfile(),
      startBrowser(),
    ]);
    onTestFinished(() => served.stop());
    onTestFinished(() => started.close());
    const plain = gunzipSync(cpu);
    for (const scheme of ['light', 'dark'] as const) {
      const { page, to, requests, close } = await look(started, served.url, { scheme });
      await to(`span/${traceId}/${spanId}`);
      const card = page.getByRole('region', { name: 'A profile of Go beside it' });
      const input = card.getByLabel('pprof file');
      await page.waitForLoadState('networkidle');
      const asked = requests.length;
      const give = (buffer: Buffer, name = 'some.pprof') =>
        input.setInputFiles({ name, mimeType: 'application/octet-stream', buffer });

      await give(cpu, 'cpu.pb.gz');
      await card
        .getByText(/^cpu\.pb\.gz · \d+ samples? on a processor, for .* · of the whole program$/)
        .waitFor();
      const table = card.getByRole('table', { name: 'Frames' });
      await table
        .getByRole('row', { name: /main\.work/ })
        .first()
        .waitFor();
      expect(Number(await card.locator('canvas').getAttribute('data-drawn'))).toBeGreaterThan(5);
      await card.getByRole('application', { name: /^Flame graph of/ }).focus();
      await page.keyboard.press('ArrowDown');
      await card.locator('.flame-told').getByText('on CPU').waitFor();
      await picture(page, `beside-${scheme}`);
      expect(await axeFindings(page)).toEqual([]);

      if (scheme === 'light') {
        await give(profileOf('delay', 'nanoseconds'));
        await card.getByText('3 waits, 30.0 ms').waitFor();
        const alert = card.getByRole('alert');
        await give(profileOf('alloc_space', 'bytes'));
        await alert.getByText('it tells of contentions/count, alloc_space/bytes').waitFor();
        await give(cpu.subarray(0, cpu.length >> 1));
        await alert.getByText('it cannot be unpacked').waitFor();
        await give(gzipSync(Buffer.alloc(17 * 2 ** 20)));
        await alert.getByText('more than 16 MiB unpacked').waitFor();
        const large = join(await temporaryFolder(), 'large');
        await writeFile(large, '');
        await truncate(large, 17 * 2 ** 20);
        await input.setInputFiles(large);
        await alert.getByText('large: it has more than 16 MiB', { exact: true }).waitFor();
        // Cut and broken anywhere it is shown, or it is said why not; nothing is thrown past the card.
        for (let at = 1; at <= 12; at++) {
          const broken = Buffer.from(plain.subarray(0, Math.floor((plain.length * at) / 13)));
          for (let byte = at; byte < broken.length; byte += 97 * at)
            broken[byte] = (broken[byte] ?? 0) ^ 0x55;
          await give(broken, `broken-${at}`);
          await card.getByText(`broken-${at}`).waitFor();
        }
      }
      await card.getByRole('button', { name: 'Put it away' }).click();
      await expect.poll(() => card.locator('canvas').count()).toBe(0);
      expect(requests.slice(asked)).toEqual([]);
      await close();
    }
  });
});
