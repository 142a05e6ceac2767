import { describe, expect, it } from 'vitest';
import { encodePath, fullUrl, redactQuery } from '../../src/span/url.ts';

describe('redactQuery', () => {
  it.each([
    ['', ''],
    ['q=1', 'q=1'],
    ['sig=abc', 'sig=REDACTED'],
    ['a=1&Signature=x%3D&b', 'a=1&Signature=REDACTED&b'],
    ['AWSAccessKeyId=k&X-Goog-Signature=s', 'AWSAccessKeyId=REDACTED&X-Goog-Signature=REDACTED'],
    ['X-Amz-Credential=c&X-Amz-Security-Token=t', 'X-Amz-Credential=REDACTED&X-Amz-Security-Token=REDACTED'],
    ['s%69g=abc', 's%69g=REDACTED'],
    ['sig=a=b', 'sig=REDACTED'],
    ['SIG=abc&signature=x', 'SIG=abc&signature=x'],
    ['sig&%zz=1&&=', 'sig&%zz=1&&='],
  ])('turns %j into %j', (query, expected) => {
    expect(redactQuery(query)).toBe(expected);
  });
});

describe('encodePath', () => {
  it.each([
    ['/a/b', '/a/b'],
    ['/a b', '/a%20b'],
    ['/100%', '/100%25'],
    ['/what?#', '/what%3F%23'],
    ['/ü/日本', '/%C3%BC/%E6%97%A5%E6%9C%AC'],
    ['/a;b=c,d@e:f~$&+', '/a;b=c,d@e:f~$&+'],
    ["/!'()*", '/%21%27%28%29%2A'],
    ['/[a]|"', '/%5Ba%5D%7C%22'],
    ['*', '*'],
    ['/half \uD800 pair', '/half%20%EF%BF%BD%20pair'],
  ])('turns %j into %j', (path, expected) => {
    expect(encodePath(path)).toBe(expected);
    expect(new URL(`http://host${encodePath(path)}`).search).toBe('');
  });
});

describe('fullUrl', () => {
  it('has no credentials', () => {
    expect(fullUrl({ scheme: 'http', host: 'user:pass@a.example:81', path: '/' })).toBe(
      'http://a.example:81/',
    );
  });

  it('is a network-path reference without a scheme', () => {
    expect(fullUrl({ host: 'localhost', path: '' })).toBe('//localhost');
  });

  it('puts a slash before a path that has none', () => {
    expect(fullUrl({ scheme: 'http', host: 'a', path: 'b' })).toBe('http://a/b');
  });
});
