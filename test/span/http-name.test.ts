import { describe, expect, it } from 'vitest';
import { routeOf } from '../../src/span/http-name.ts';

describe('routeOf', () => {
  it.each([
    ['/items/{id}', '/items/{id}'],
    ['GET /items/{id}', '/items/{id}'],
    ['GET example.com/items/{id}', '/items/{id}'],
    ['example.com/', '/'],
    ['POST \t/b/{path...}', '/b/{path...}'],
    ['/{$}', '/{$}'],
    ['', undefined],
    ['GET', undefined],
  ])('of %j is %j', (pattern, route) => {
    expect(routeOf(pattern)).toBe(route);
  });
});
