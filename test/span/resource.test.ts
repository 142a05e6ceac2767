import { describe, expect, it } from 'vitest';
import { createResource } from '../../src/span/resource.ts';

describe('createResource', () => {
  it('is settled and frozen', () => {
    const resource = createResource({ a: '1' });
    expect(resource.asyncAttributesPending).toBe(false);
    expect(Object.isFrozen(resource) && Object.isFrozen(resource.attributes)).toBe(true);
  });

  it('merges with the other winning, as in the SDK, and leaves itself alone', () => {
    const resource = createResource({ a: '1', b: '2' });
    expect(resource.merge(createResource({ b: '3' })).attributes).toEqual({ a: '1', b: '3' });
    expect(resource.merge(null).attributes).toEqual({ a: '1', b: '2' });
    expect(resource.attributes).toEqual({ a: '1', b: '2' });
  });
});
