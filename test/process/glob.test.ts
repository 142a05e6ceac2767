import { describe, expect, it } from 'vitest';
import { globMatches } from '../../src/process/glob.ts';

describe('globMatches', () => {
  it.each([
    ['/srv/app', '/srv/app'],
    ['/srv/*', '/srv/app'],
    ['/srv/*-v?', '/srv/shop-v2'],
    ['/srv/**', '/srv/a/b/app'],
    ['/srv/**/app', '/srv/app'],
    ['/srv/**/app', '/srv/a/b/app'],
    ['**/app', '/srv/app'],
    ['/opt/a+b(1)[x]{y}.$^|', '/opt/a+b(1)[x]{y}.$^|'],
    ['/srv/?', '/srv/ü'],
    ['/srv/a*b', '/srv/a\nb'],
  ])('%s matches %j', (glob, path) => {
    expect(globMatches(glob, path)).toBe(true);
  });

  it.each([
    ['/srv/*', '/srv/a/app'],
    ['/srv/*', '/srv'],
    ['/srv/?', '/srv/ab'],
    ['/srv/?', '/srv//'],
    ['/srv/app', '/srv/app2'],
    ['/srv/app', '/mnt/srv/app'],
    ['/srv/a.p', '/srv/axp'],
    ['/srv/**/app', '/srv/xapp'],
  ])('%s does not match %s', (glob, path) => {
    expect(globMatches(glob, path)).toBe(false);
  });
});
