import { expect, it } from 'vitest';
import { families } from '../../src/probes/families.ts';
import { targetRowGoFields } from '../../src/wire/wire.gen.ts';

it('reads each Go field of the target row in at least one family', () => {
  const read = new Set(families.flatMap((family) => family.fields));
  expect(read).toEqual(new Set(Object.values(targetRowGoFields)));
});
