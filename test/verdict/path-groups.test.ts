import { describe, expect, it } from 'vitest';
import { PathGroups } from '../../src/verdict/path-groups.ts';

describe('groups of paths', () => {
  it('are what is left when ids are one', () => {
    const groups = new PathGroups();
    for (const id of ['7', '8', '550e8400-e29b-41d4-a716-446655440000']) {
      expect(groups.of(`/users/${id}/posts`)).toBe('/users/{id}/posts');
    }
    expect(groups.of('/')).toBe('/');
    expect(groups.of('')).toBe('/');
    expect(groups.of('//users//7/')).toBe('/users/{id}');
    expect(groups.of('/a/b/c/d/e/f/g/h/i/j')).toBe('/a/b/c/d/e/f/g/h/*');
  });

  it('are one where there are many forms, and only there', () => {
    const groups = new PathGroups();
    const names = Array.from({ length: 100 }, (_, n) => groups.of(`/posts/title-${word(n)}/comments`));
    expect(new Set(names.slice(0, 32)).size).toBe(32);
    expect(new Set(names.slice(32))).toEqual(new Set(['/posts/*/comments']));
    expect(groups.of(`/posts/title-${word(0)}/comments`)).toBe('/posts/*/comments');
    expect(groups.of('/users/7')).toBe('/users/{id}');
  });

  it('are bounded, whatever the paths', () => {
    const groups = new PathGroups();
    const names = new Set<string>();
    for (let n = 0; n < 200_000; n++) {
      const parts = Array.from({ length: 1 + (n % 5) }, (_, depth) => word((n * (depth + 7919)) % 9973));
      names.add(groups.of(`/${parts.join('/')}`));
    }
    expect(names.size).toBeLessThan(3_000);
    const later = new Set<string>();
    for (let n = 0; n < 10_000; n++) later.add(groups.of(`/${word(n)}/${word(n + 1)}`));
    expect(later.size).toBeLessThan(100);
  });
});

/** Letters alone: no id. */
function word(n: number): string {
  return [...String(n)].map((digit) => 'abcdefghij'[Number(digit)]).join('');
}
