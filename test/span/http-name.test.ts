import { describe, expect, it } from 'vitest';
import { isRedirectOfMux } from '../../src/span/http-name.ts';

describe('isRedirectOfMux', () => {
  it.each([
    ['/users/7/', false, '/users/7'],
    ['/a b/', false, '/a b'],
    ['/items/', false, '/api/items'],
    ['/{id}/', false, '/{id}'],
    ['/long/pa', true, '/long/path'],
  ])('is true of %j (cut: %j) for %j', (pattern, wasCut, path) => {
    expect(isRedirectOfMux(pattern, wasCut, path)).toBe(true);
  });

  it.each([
    ['/users/{id}/', false, '/users/7'],
    ['GET /users/{id}', false, '/users/7'],
    ['/users/', false, '/users/7'],
    ['/users/', false, '/users/'],
    ['/', false, '/users'],
    ['/', false, ''],
    ['/users/{a}/par', true, '/users/7/part'],
    ['/users/\n/users/', false, '/users'],
    ['\n/users/', false, '/users'],
  ])('is false of %j (cut: %j) for %j', (pattern, wasCut, path) => {
    expect(isRedirectOfMux(pattern, wasCut, path)).toBe(false);
  });
});
