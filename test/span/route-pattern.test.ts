import { describe, expect, it } from 'vitest';
import { RoutePatterns, routePatternsFault } from '../../src/span/route-pattern.ts';

describe('routes that the user names', () => {
  const routes = new RoutePatterns([
    '/users/{id}',
    '/users/me',
    'GET /users/{id}/posts/{post}',
    'POST /users/{id}/posts/{post}',
    '/users/{id}/posts/{post...}',
    '/files/{path...}',
    '/static/*',
    '/docs/',
    '/exact/{$}',
    'DELETE /files/{name}',
    '/a/{x}/c',
    '/{y}/b/c',
    '/',
  ]);

  it.each([
    ['GET', '/users/7', '/users/{id}'],
    ['GET', '/users/me', '/users/me'],
    ['GET', '/users/7/posts/9', '/users/{id}/posts/{post}'],
    ['HEAD', '/users/7/posts/9', '/users/{id}/posts/{post}'],
    ['PUT', '/users/7/posts/9', '/users/{id}/posts/{post...}'],
    ['GET', '/users/7/posts/9/more', '/users/{id}/posts/{post...}'],
    ['GET', '/files/a/b.txt', '/files/{path...}'],
    ['GET', '/files/', '/files/{path...}'],
    ['DELETE', '/files/a', '/files/{name}'],
    ['DELETE', '/files/a/b', '/files/{path...}'],
    ['GET', '/static/css/a.css', '/static/*'],
    ['GET', '/docs/a/b', '/docs/'],
    ['GET', '/exact/', '/exact/{$}'],
    ['GET', '/a/b/c', '/a/{x}/c'],
    ['GET', '/z/b/c', '/{y}/b/c'],
    ['GET', '/exact/more', '/'],
    ['GET', '/users/', '/'],
    ['GET', '/users', '/'],
    ['OPTIONS', '*', undefined],
    ['CONNECT', '', undefined],
  ])('of %s %s is %s', (method, path, route) => {
    expect(routes.match(method, path)).toBe(route);
    expect(routes.match(method, path)).toBe(route);
  });

  it('are found again, however many paths were asked for', () => {
    for (let i = 0; i < 10_000; i++) expect(routes.match('GET', `/users/${i}`)).toBe('/users/{id}');
  });

  it('are none where no pattern fits', () => {
    expect(new RoutePatterns(['POST /a']).match('GET', '/a')).toBeUndefined();
    expect(new RoutePatterns(['/a/{b}']).match('GET', '/a')).toBeUndefined();
    expect(new RoutePatterns([]).match('GET', '/a')).toBeUndefined();
  });
});

describe('patterns that cannot be used', () => {
  it.each([
    [['users'], '"users": its path does not begin with /'],
    [[''], '"": its path does not begin with /'],
    [['GET example.com/a'], '"GET example.com/a": its path does not begin with /'],
    [['get /a'], '"get /a": get is no method in capitals'],
    [['/a/{b...}/c'], '"/a/{b...}/c": {b...} is not at its end'],
    [['/a/*/c'], '"/a/*/c": * is not at its end'],
    [['/a/{b}.json'], '"/a/{b}.json": {b}.json is no whole part such as {id}'],
    [['/a/{}'], '"/a/{}": {} is no whole part such as {id}'],
    [['/a/{b'], '"/a/{b": {b is no whole part such as {id}'],
    [['/a/{id}', '/b', '/a/{name}'], '"/a/{name}": it is the same as "/a/{id}"'],
    [[`/${'a'.repeat(256)}`], `"/${'a'.repeat(256)}": its path is longer than 256 characters`],
    [Array.from({ length: 1_001 }, (_, n) => `/${n}`), 'there are more than 1000'],
  ])('say why: %j', (patterns, fault) => {
    expect(routePatternsFault(patterns)).toBe(fault);
  });

  it('are not among those that differ, or that stand there twice', () => {
    expect(routePatternsFault(['/a', '/a', 'GET /a', '/a/', '/a/{$}', '/a/{b}', '/a/{b}/c'])).toBeUndefined();
  });
});
