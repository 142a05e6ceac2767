import { describe, expect, it } from 'vitest';
import { routeOf } from '../../src/span/http-route.ts';

describe('the route of a ServeMux', () => {
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

describe('the route of another router', () => {
  it.each([
    ['\n/users/:id', '/users/:id'],
    ['\n/users/', '/users/'],
    ['\n', undefined],
    ['\n/api/*\t/v1/*\t/users/{id}', '/api/v1/users/{id}'],
    ['\n/api/*\t/', '/api'],
    ['\n/*\t/', '/'],
    ['\n/api/*\t/files/*', '/api/files/*'],
    ['\n/*\t/*\t/*\t/x', '/x'],
  ])('of %j is %j', (pattern, route) => {
    expect(routeOf(pattern)).toBe(route);
  });
});

describe('the route of a request that has passed two routers', () => {
  it.each([
    ['a ServeMux that passes all on', '/\n/users/:id', '/users/:id'],
    ['… by a wildcard', '/{path...}\n/users/:id', '/users/:id'],
    ['one that passes a part on as it is', '/api/\n/api/users/:id', '/api/users/:id'],
    ['… of one method and host', 'GET example.com/api/\n/api/users/:id', '/api/users/:id'],
    ['one that strips its prefix', '/api/\n/users/:id', '/api/users/:id'],
    ['… before a wildcard', '/users/\n/{id}', '/users/{id}'],
    ['one with a wildcard of its own', '/{tenant}/\n/:tenant/users/*', '/:tenant/users/*'],
    ['one that has the same route', '/users/{id}\n/users/:id', '/users/:id'],
    ['a ServeMux within a router', '/legacy/users/{id}\n/legacy/*rest', '/legacy/users/{id}'],
    ['… that strips its prefix', '/users/{id}\n/legacy/*', '/legacy/users/{id}'],
    ['… that takes more than one part, too', '/legacy/files/\n/legacy/*rest', '/legacy/files/'],
    ['a router within a router', '\n/api/*\n/api/users/:id', '/api/users/:id'],
    ['… that strips its prefix', '\n/api/*any\n/users/{id}', '/api/users/{id}'],
    ['… by a prefix without a wildcard', '\n/api\n/users/{id}', '/api/users/{id}'],
    ['one that passes all on, and another one', '/\n/api/*\t/*\n/users/:id', '/api/users/:id'],
  ])('is that from outside: %s', (_what, pattern, route) => {
    expect(routeOf(pattern)).toBe(route);
  });
});

it('is the same when it is asked again, whatever was asked before', () => {
  for (let i = 0; i < 3_000; i++) expect(routeOf(`/api/\n/items-${i}/:id`)).toBe(`/api/items-${i}/:id`);
  expect(routeOf('/api/\n/items-0/:id')).toBe('/api/items-0/:id');
  expect([routeOf(''), routeOf('')]).toEqual([undefined, undefined]);
});
