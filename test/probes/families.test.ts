import { expect, it } from 'vitest';
import { families } from '../../src/probes/families.ts';
import { rowSources } from '../../src/wire/wire.gen.ts';

it('reads each part of the target row in at least one family', () => {
  const read = new Set(families.flatMap((family) => family.reads));
  expect(read).toEqual(new Set(Object.keys(rowSources)));
});
