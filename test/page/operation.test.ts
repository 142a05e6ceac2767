/** Choosing spans of a route, by mouse; search; and spans as they arrive. */
import { expect, it } from 'vitest';
import { picture } from './support/browser.ts';
import { describeInBrowser } from './support/in-browser.ts';
import { endingAt, recorded } from './support/otlp.ts';
import { sample } from './support/sample.ts';

const told = sample(10);

describeInBrowser('the page of a route', told.requests, (around) => {
  it('compares what is within a box with the others, and keeps the box in its address', async () => {
    const { page, to, close } = await around.look();
    await to(`operation?${told.operation}`);
    await page.getByText('The slowest 5 % against the others').waitFor();
    const canvas = page.locator('.scatter canvas');
    const box = await canvas.boundingBox();
    if (!box) throw new Error('the scatter is not there');
    await page.mouse.move(box.x + 20, box.y + 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2, box.y + 60, { steps: 4 });
    await page.mouse.move(box.x + box.width / 2, box.y + box.height * 0.9);
    const compared = page.waitForResponse((response) => /\/api\/compare\?.*max=/.test(response.url()));
    await page.mouse.up();
    await page.getByText('What is chosen against the others').waitFor();
    await compared;
    await expect.poll(() => page.locator('.is-stale').count()).toBe(0);
    await page.getByText(/\d+ chosen spans/).waitFor();
    const chosen = Number(/(\d+) chosen/.exec((await page.textContent('main')) ?? '')?.[1]);
    expect(chosen).toBeGreaterThan(10);
    expect(chosen).toBeLessThan(110);
    expect(page.url()).toMatch(/min=\d+&max=\d+/);
    expect(page.url()).toMatch(/brushFrom=\d+&brushTo=\d+/);
    await picture(page, 'operation-brush');
    const sent = await around.look();
    await sent.page.goto(page.url());
    await sent.page.getByText(`${chosen} chosen spans`).waitFor();
    await sent.close();
    await close();
  });

  it('goes to the span of a point', async () => {
    const { page, to, close } = await around.look();
    await to(`operation?${told.operation}`);
    const canvas = page.locator('.scatter canvas');
    await canvas.waitFor();
    const size = (await canvas.boundingBox()) ?? { width: 0, height: 0 };
    const [fromUs, toUs] = ['from', 'to'].map((name) =>
      Number(new URLSearchParams(told.operation).get(name)),
    ) as [number, number];
    const scatter = await page.evaluate<{ startUs: number[]; durationNs: number[]; spanId: string[] }>(
      `fetch(${JSON.stringify(`api/scatter?${told.operation}&points=2000`)}).then((answer) => answer.json())`,
    );
    // The slowest of them is alone at the top; where the picture has it follows from its scale.
    const all = scatter.durationNs;
    const [least, most] = [Math.min(...all), Math.max(...all)];
    const at = all.indexOf(most);
    const [low, high] = [Math.log10(Math.min(least, most / 2) / 1.2), Math.log10(most * 1.2)];
    await canvas.click({
      position: {
        x: (((scatter.startUs[at] as number) - fromUs) / (toUs - fromUs)) * size.width,
        y: ((high - Math.log10(most)) / (high - low)) * size.height,
      },
    });
    await page.getByText('Goroutines and who woke whom').waitFor();
    expect(page.url()).toContain(`/${scatter.spanId[at]}`);
    await close();
  });

  it('searches by all that is given, and says how much it has looked at', async () => {
    const { page, to, close } = await around.look();
    await to('search');
    await page.getByRole('combobox', { name: 'Service' }).selectOption('faults');
    await page.getByLabel('Attribute').fill('url.path = /mutex');
    await page.keyboard.press('Enter');
    await page.getByLabel('At least, ms').fill('10');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('.hits tbody tr').count()).toBe(2);
    await page
      .getByRole('status')
      .getByText(/^2 spans of [\d,]+ searched, from /)
      .waitFor();
    await page.getByLabel('errors only').check();
    await expect.poll(() => page.locator('.hits tbody tr').count()).toBe(1);
    await page.getByLabel('Trace id').fill(told.checkout.traceId);
    await page.getByRole('treegrid').waitFor();
    await close();
  });

  it('shows spans as they arrive, and counts them while it is paused', async () => {
    const { page, to, close } = await around.look();
    await to('live');
    await page.getByText('Connected.').waitFor();
    const arrive = () => around.served.append(endingAt(recorded('shop').slice(0, 1), Date.now() * 1000));
    arrive();
    await expect.poll(() => page.locator('.hits tbody tr').count()).toBeGreaterThan(5);
    await picture(page, 'live-arrived');
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('button', { name: 'Go on' }).waitFor();
    const before = await page.locator('.hits tbody tr').count();
    arrive();
    await page.getByText(/of them were not shown/).waitFor();
    expect(await page.locator('.hits tbody tr').count()).toBe(before);
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByRole('searchbox').fill('price');
    arrive();
    await expect.poll(() => page.locator('.hits tbody tr').count()).toBeGreaterThan(before);
    await close();
  });
});
