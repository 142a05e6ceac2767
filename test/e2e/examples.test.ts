import { expect, it } from 'vitest';
import { describeWith, go } from '../support/capabilities.ts';
import { Child } from '../support/child.ts';
import { buildGo } from '../support/go-build.ts';

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
