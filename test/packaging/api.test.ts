import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

it('the API report says what the public surface is (npm run docs makes it; commit it)', () => {
  const extractor = `${root}node_modules/.bin/api-extractor`;
  const compare = (): string =>
    execFileSync(extractor, ['run', '--config', '.api/api-extractor.json'], { cwd: root, encoding: 'utf8' });
  expect(compare).not.toThrow();
});
