import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorCodes } from '../../src/errors.ts';
import { GoidSpanProcessor } from '../../src/plugin/goidspan-span-processor.ts';
import type { GoidSpanProcessorOptions } from '../../src/plugin/options.ts';

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

  it('lists every option of GoidSpanProcessor, and no other', () => {
    const section = text('README.md').split('## In a Node service')[1]?.split('\n## ')[0] ?? '';
    const cells = [...section.matchAll(/^\| (`.+?`) \| /gm)].map(([, cell]) => cell ?? '');
    const listed = cells.flatMap((cell) => cell.replaceAll('`', '').split(', '));
    // The error of an unknown option lists the known ones.
    const known = (options: object): string[] => {
      try {
        new GoidSpanProcessor(options as GoidSpanProcessorOptions);
        return [];
      } catch (error) {
        return (error as Error).message.split('it may have ')[1]?.split(', ') ?? [];
      }
    };
    const options = known({ unknown: 1 }).filter((name) => name !== 'limits');
    const limits = known({ limits: { unknown: 1 } }).map((name) => `limits.${name}`);
    expect(listed.sort()).toEqual([...options, ...limits].sort());
  });
});

describe.each([
  'README.md',
  'CONTRIBUTING.md',
  'test/bench/README.md',
  'examples/shop/README.md',
  'examples/sidecar/README.md',
  'examples/embed/README.md',
  'otel-config/README.md',
])('%s', (name) => {
  it('links only to files that exist', () => {
    const links = [...text(name).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link ?? '');
    const base = new URL(`../../${name}`, import.meta.url);
    expect(links.filter((link) => !existsSync(new URL(link, base)))).toEqual([]);
  });

  it('links only to headings of its own that it has', () => {
    const headings = [...text(name).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading.toLowerCase().replaceAll(' ', '-'),
    );
    const links = [...text(name).matchAll(/\]\(#([^)]+)\)/g)].map(([, link]) => link);
    expect(links.filter((link) => !headings.includes(link ?? ''))).toEqual([]);
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
