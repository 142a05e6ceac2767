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
import { type DoneByGoroutine, writtenTrace } from './support/execution-trace.ts';
import type { OtlpSpan } from './support/otlp.ts';
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
      const card = page.getByRole('region', { name: 'From Go beside it' });
      const input = card.getByLabel('pprof file or execution trace');
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

/** A request that a goroutine of the program was, by the sample of another one. */
function spanOf({ Goroutine, FromUs, ToUs }: DoneByGoroutine): OtlpSpan {
  return {
    ...sample(1).slow('mutex'),
    traceId: Goroutine.toString(16).padStart(32, '7'),
    spanId: Goroutine.toString(16).padStart(16, '7'),
    startTimeUnixNano: `${FromUs}000`,
    endTimeUnixNano: `${ToUs}000`,
    attributes: [{ key: 'goidspan.goid', value: { intValue: Goroutine } }],
  };
}

describeWith([go, browser], 'an execution trace of Go beside a span', () => {
  it('shows its goroutine in its time, and who let it go on; of another time or process it says so', async () => {
    const [trace, old, started] = await Promise.all([
      writtenTrace(),
      writtenTrace('1.22.12'),
      startBrowser(),
    ]);
    const waited = trace.done.find(({ Name }) => Name === 'mutex') as DoneByGoroutine;
    const stranger = { ...waited, Goroutine: 99_999 };
    const later = { ...waited, Goroutine: 99_998, FromUs: waited.FromUs + 60e6, ToUs: waited.ToUs + 60e6 };
    const [request] = sample(1).requests;
    const scope = request?.resourceSpans[0]?.scopeSpans[0];
    const served = await servePage(
      [waited, stranger, later].map((one) => ({
        resourceSpans: [
          {
            resource: request?.resourceSpans[0]?.resource ?? { attributes: [] },
            scopeSpans: [{ scope: scope?.scope ?? { name: '' }, spans: [spanOf(one)] }],
          },
        ],
      })),
    );
    onTestFinished(() => served.stop());
    onTestFinished(() => started.close());
    for (const scheme of ['light', 'dark'] as const) {
      const { page, to, requests, close } = await look(started, served.url, { scheme });
      const show = async (one: DoneByGoroutine, buffer: Buffer) => {
        const { traceId, spanId } = spanOf(one);
        await to(`span/${traceId}/${spanId}`);
        await page.waitForLoadState('networkidle');
        const card = page.getByRole('region', { name: 'From Go beside it' });
        const file = { name: 'trace.out', mimeType: 'application/octet-stream', buffer };
        await card.getByLabel('pprof file or execution trace').setInputFiles(file);
        await card.getByText(/^trace\.out · a trace in the format of Go 1\.\d\d · [\d.]+ s/).waitFor();
        return card;
      };
      const card = await show(waited, trace.bytes);
      const asked = requests.length;
      const lanes = card.getByRole('list', { name: 'Lanes' });
      expect(await lanes.getByRole('listitem').allTextContents()).toEqual([
        `Goroutine ${waited.Goroutine}`,
        'Goroutine 1not of this span',
      ]);
      await card.getByText(`Goroutine ${waited.Goroutine}, as Go has it`).waitFor();
      await card
        .getByRole('img', { name: /^mutex in main\.round\.func\d+ \(main\.go:\d+\), in Go's words sync, \d/ })
        .waitFor();
      await card.locator('.wake.is-told').getByText('ended by goroutine 1').waitFor();
      await card
        .getByRole('table', { name: 'Frames' })
        .getByRole('row', { name: /^chan receive|channel receive/ })
        .first()
        .waitFor();
      await card.evaluate((element) => element.scrollIntoView());
      await picture(page, `beside-trace-${scheme}`);
      expect(await axeFindings(page)).toEqual([]);
      expect(requests.length).toBe(asked);

      await (await show(stranger, trace.bytes))
        .getByText('Goroutine 99999 was not there then: it is a trace of another process')
        .waitFor();
      await (await show(later, trace.bytes))
        .getByText(/^It is of another time, .*: this span began at/)
        .waitFor();
      await (await show(waited, old.bytes)).getByText('a trace tells from Go 1.25 on').waitFor();
      await (await show(waited, trace.bytes.subarray(0, trace.bytes.length - 100)))
        .getByText('the rest is not shown: it is cut off')
        .waitFor();
      await close();
    }
  }, 300_000);
});
