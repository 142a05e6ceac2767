import { describe, expect, it } from 'vitest';
import { splitHostPort } from '../../src/span/host-port.ts';

describe('splitHostPort', () => {
  it.each([
    ['example.com', { address: 'example.com' }],
    ['example.com:80', { address: 'example.com', port: 80 }],
    ['127.0.0.1:65535', { address: '127.0.0.1', port: 65535 }],
    ['[::1]:8080', { address: '::1', port: 8080 }],
    ['[::1]', { address: '::1' }],
    ['::1', { address: '::1' }],
    ['[fe80::1%eth0]:80', { address: 'fe80::1%eth0', port: 80 }],
    ['user:secret@example.com:80', { address: 'example.com', port: 80 }],
    ['example.com:', { address: 'example.com' }],
    ['example.com:http', { address: 'example.com' }],
    ['example.com:65536', { address: 'example.com' }],
    ['example.com:-1', { address: 'example.com' }],
    ['', undefined],
    ['@', undefined],
    [':80', undefined],
    ['[]:80', undefined],
  ])('splits %j', (text, expected) => {
    expect(splitHostPort(text)).toEqual(expected);
  });
});
