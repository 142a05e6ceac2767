import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorCodes } from '../../src/errors.ts';

const text = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');

describe('the README', () => {
  it('lists every error code with its meaning, and no other', () => {
    const section = text('README.md').split('## Errors')[1]?.split('\n## ')[0] ?? '';
    const rows = [...section.matchAll(/^\| `(\w+)` \| (.+) \|$/gm)].map(([, code, meaning]) => [
      code,
      meaning,
    ]);
    expect(Object.fromEntries(rows)).toEqual(errorCodes);
  });
});

describe.each([
  'README.md',
  'CONTRIBUTING.md',
  'examples/shop/README.md',
  'examples/sidecar/README.md',
  'examples/embed/README.md',
])('%s', (name) => {
  it('links only to files that exist', () => {
    const links = [...text(name).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link ?? '');
    const base = new URL(`../../${name}`, import.meta.url);
    expect(links.filter((link) => !existsSync(new URL(link, base)))).toEqual([]);
  });
});

describe('CONTRIBUTING', () => {
  it('names every npm script', () => {
    const { scripts } = JSON.parse(text('package.json')) as { scripts: Record<string, string> };
    const unnamed = Object.keys(scripts).filter(
      (name) => !text('CONTRIBUTING.md').includes(`npm run ${name}`),
    );
    expect(unnamed.filter((name) => name !== 'test' && name !== 'typecheck')).toEqual([]);
  });
});
