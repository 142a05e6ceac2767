import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { Child } from '../support/child.ts';
import { buildGo } from '../support/go-build.ts';
import { type Jaeger, jaegerTraces, peers } from '../support/peers.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

describeWith([go], 'the sample shop', () => {
  it('serves its own load without a failure and exits with 0', async () => {
    const shop = new Child(await buildGo({ dir: 'examples/shop', name: 'shop' }), [
      ...['-listen', '127.0.0.1:0'],
      ...['-load', '1s'],
    ]);
    expect(await shop.ended).toBe(0);
    expect(shop.stdout).toMatch(/^[1-9]\d* requests sent, 0 failed$/m);
  });
});

/** The commands of a README, in order; without the set-up, which has been done. */
function commandsOf(readme: string): string {
  const text = readFileSync(`${root}${readme}`, 'utf8');
  const blocks = [...text.matchAll(/^( *)```sh\n([\s\S]+?)^ *```$/gm)].map(([, , block = '']) => block);
  return blocks.join('').replaceAll(/^ *npm (run setup|i ).*$/gm, '');
}

/** A shell that runs them from the top of the checkout, and ends what they leave running. */
function shell(script: string): Child {
  return new Child('bash', ['-c', `set -em; trap 'kill $(jobs -p)' EXIT\n${script}`], {
    cwd: root,
    input: true,
  });
}

describeWith([kernel, go, peers], 'the examples, typed as their READMEs have them', () => {
  it('sidecar: traces of the service in Jaeger, through the collector; embed: one trace through Node and Go', {
    timeout: 120_000,
  }, async () => {
    // Shorter, and held until the test has looked.
    const sidecar = commandsOf('examples/sidecar/README.md').replace('--duration 30', '--duration 4');
    const peersAndShop = shell(`${sidecar}\necho attached and done; read line`);
    onTestFinished(async () => {
      peersAndShop.process.stdin?.end('\n');
      await peersAndShop.ended;
    });
    await peersAndShop.output(/^attached and done$/m, 40_000);
    const jaeger: Pick<Jaeger, 'query'> = { query: 'http://127.0.0.1:16686' };
    const traces = await jaegerTraces(jaeger, 'shop', {
      until: (found) => found.some(({ spans }) => spans.some((span) => span.name === 'GET /checkout/{cart}')),
    });
    expect(traces.length).toBeGreaterThan(10);

    const embed = shell(`${commandsOf('examples/embed/README.md')}\nwait`);
    await embed.ended;
    expect(embed.stdout).toContain('cart 1: 3 items');
    expect(embed.stdout).toContain('"state":"closed"');
    const [through] = await jaegerTraces(jaeger, 'front', {
      until: ([trace]) => trace !== undefined && trace.spans.length >= 9,
    });
    expect(new Set(through?.spans.map((span) => span.service))).toContain('front');
    expect(through?.spans.some((span) => span.name === 'GET /checkout/{cart}')).toBe(true);
  });
});
