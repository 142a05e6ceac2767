/** What the browser loads: small, and nothing that the policy refuses or that asks for anything elsewhere. */
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';

const folder = new URL('../../dist/page/', import.meta.url);
/** Speedscope is in a folder of its own, and loaded when somebody wants it. */
const files = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ name }) => name);
const read = (name: string): string => readFileSync(new URL(name, folder), 'utf8');

describe('the bundle', () => {
  it('is at most 120 kB, compressed', () => {
    const sizes = files.map((name) => gzipSync(read(name)).length);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(120_000);
  });

  it('asks for nothing elsewhere', () => {
    const namespaces = /https?:\/\/(www\.w3\.org\/[\w/]+)/g;
    for (const name of files) {
      const addresses = read(name)
        .replace(namespaces, '')
        .match(/(https?:)?\/\/[a-z0-9-]+\.[a-z][\w./-]*/gi);
      expect(addresses, name).toBeNull();
    }
  });

  it('has no script or style within the document', () => {
    expect(read('index.html')).not.toMatch(/<style|style=|<script(?![^>]*src=)|\son\w+=/i);
  });
});
