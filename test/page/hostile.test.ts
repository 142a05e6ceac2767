/** Names come from programs, requests and whoever sends spans. Whatever they are, they are text. */
import { expect, it } from 'vitest';
import { picture } from './support/browser.ts';
import { describeInBrowser } from './support/in-browser.ts';
import { endingAt, type OtlpRequest, recorded, spansOf, withSpans } from './support/otlp.ts';

const names: readonly string[] = [
  '<img src=x onerror="document.title=1">',
  '</script><script>document.title="taken"</script>',
  '"><svg onload=alert(1)>',
  "javascript:alert('1')",
  '../../../../etc/passwd?#/%2e%2e',
  '%E0%A4%A',
  '‮esrever‬\u0000\u0007',
  '🦫'.repeat(40),
  'x'.repeat(3000),
  '__proto__',
  '',
];

/** The slow request for a lock with that name everywhere that a name may stand. */
function named(name: string, at: number): OtlpRequest[] {
  const [request] = recorded('faults').filter((one) =>
    spansOf([one]).some(({ name: told }) => told === 'wait mutex'),
  );
  const now = endingAt([request as OtlpRequest], Date.now() * 1000 - at * 1e6 - 10e6);
  const id = (text: string): string => at.toString(16).padStart(2, '0') + text.slice(2);
  const hostile = withSpans(now, (span) => ({
    ...span,
    traceId: id(span.traceId),
    name: span.kind === 2 ? name : span.name,
    attributes: span.attributes
      .map(({ key, value }) =>
        key.startsWith('goidspan.verdict') && typeof value.stringValue === 'string'
          ? { key, value: { stringValue: key === 'goidspan.verdict' ? `${name}: ${name}` : name } }
          : /^(url\.path|code\.(function\.name|file\.path|stacktrace))$/.test(key)
            ? { key, value: { stringValue: name } }
            : key === 'goidspan.breakdown'
              ? { key, value: { stringValue: JSON.stringify({ [name]: 40_000_000, mutex: 8_000_000 }) } }
              : { key, value },
      )
      .concat([{ key: name, value: { stringValue: name } }]),
    status: { code: 2, message: name },
    events: [
      {
        name,
        timeUnixNano: span.startTimeUnixNano,
        attributes: [{ key: name, value: { stringValue: name } }],
      },
    ],
  }));
  return hostile.map(({ resourceSpans }) => ({
    resourceSpans: resourceSpans.map(({ resource, scopeSpans }) => ({
      resource: {
        attributes: resource.attributes.map(({ key, value }) =>
          key === 'service.name' ? { key, value: { stringValue: `service ${name}` } } : { key, value },
        ),
      },
      scopeSpans,
    })),
  }));
}

/** What makes the page wider than its window. */
const tooWide = `document.documentElement.scrollWidth <= document.documentElement.clientWidth ? []
  : [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
      .map((one) => one.tagName + '.' + one.className).slice(0, 5)`;

const requests = names.flatMap(named);
// Who held the lock, to which all of them are linked.
const holder = recorded('faults').filter((one) =>
  spansOf([one]).some(({ attributes }) =>
    attributes.some(({ value }) => value.stringValue === '/hold/mutex'),
  ),
);

describeInBrowser('hostile names', [...requests, ...endingAt(holder, Date.now() * 1000)], (around) => {
  it('are text on every page', { timeout: 180_000 }, async () => {
    const { page, requests: asked, close } = await around.look();
    const visit = async (route: string, ready: string): Promise<void> => {
      await page.goto(`${around.served.url}#/${route}`);
      await page.locator(ready).first().waitFor();
      await page.waitForLoadState('networkidle');
      expect(await page.evaluate(tooWide), route).toEqual([]);
      expect(await page.title()).toMatch(/ · goidspan$/);
      expect(await page.locator('main img, main script, main svg[onload], iframe').count()).toBe(0);
      const links = await page.evaluate(
        '[...document.querySelectorAll("a")].map((one) => one.getAttribute("href"))',
      );
      for (const link of links as string[]) expect(link).toMatch(/^(#\/|api\/)/);
    };
    await visit('', 'main table');
    for (const name of names.slice(0, 3))
      expect(await page.getByText(name, { exact: true }).count()).toBeGreaterThan(0);
    await picture(page, 'hostile');
    for (const route of ['search', 'locks', 'gc', 'live']) await visit(route, 'main section');
    for (const span of spansOf(requests).filter(({ kind }) => kind === 2)) {
      await visit(`trace/${span.traceId}`, '[role=treegrid]');
      await visit(`span/${span.traceId}/${span.spanId}`, '.lanes');
      expect(await page.locator('main').textContent()).toContain(span.name);
      const operation = new URLSearchParams({ service: `service ${span.name}`, name: span.name, kind: '2' });
      await visit(`operation?${operation}`, 'main h1');
    }
    expect(asked.filter((address) => !address.startsWith(around.served.url))).toEqual([]);
    await close();
  });

  it('are text as they arrive', async () => {
    const { page, to, close } = await around.look();
    await to('live');
    await page.getByText('Connected.').waitFor();
    around.served.append(named(names[0] as string, 99));
    await page
      .getByText(names[0] as string, { exact: true })
      .first()
      .waitFor();
    expect(await page.locator('main img').count()).toBe(0);
    await close();
  });

  it.each(['trace/%E0%A4%A', 'span/..%2F..%2Fapi/%00', 'goroutine/x/NaN', 'operation?kind=x&from=9&to=1'])(
    'of a route, as %s, end in words',
    async (route) => {
      const { page } = await around.look();
      await page.goto(`${around.served.url}#/${route}`);
      await page.locator('main h1').waitFor();
      await page.context().close();
    },
  );
});
