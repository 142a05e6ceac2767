import { describe, expect, it } from 'vitest';
import { isId } from '../../src/span/path-ids.ts';

describe('a part of a path', () => {
  it.each([
    '7',
    '0012',
    '550e8400-e29b-41d4-a716-446655440000',
    'order-12345',
    '2026-11-30',
    '3f9a2b1c',
    'deadbeef01',
    'd41d8cd98f00b204e9800998ecf8427e',
    '01ARZ3NDEKTSV4RRFFQ69G5FAV',
    'cus_9s6XKzkNRiz8i3',
    'eyJhbGciOiJIUzI1NiJ9',
    'someone@example.com',
    'caf%C3%A9',
    'a'.repeat(41),
    'a-rather-long-title-of-something-that-someone-wrote',
  ])('is an id: %s', (part) => expect(isId(part)).toBe(true));

  it.each([
    '',
    'users',
    'v1',
    'v2beta1',
    'oauth2',
    'mp3',
    '2fa',
    'sha256',
    'index.html',
    'app.js',
    'a-short-title',
    'deadbeef',
    'x_y',
  ])('is none: %j', (part) => expect(isId(part)).toBe(false));
});
