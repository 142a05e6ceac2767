import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { families } from '../../src/probes/families.ts';
import { familyNames } from '../../src/wire/wire.gen.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** Made from the wire; where HTTP and gRPC are what carries our own requests; and the page, which tells of all alike. */
const others = /^src\/(wire\/wire\.gen\.ts$|(otlp-client|receiver|ui)\/)/;

/** The places that CONTRIBUTING names for a family, as globs. */
function placesOf(family: string): string[] {
  const section = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')
    .split('## Adding a probe')[1]
    ?.split('\n## ')[0];
  const rows = (section ?? '').split('\n').filter((line) => line.startsWith('| `'));
  const cells = rows.map((row) => row.split(' | ')[0] ?? '');
  return cells.flatMap((cell) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, path]) => (path ?? '').replace('‹family›', family)),
  );
}

/** What only somebody writes who means that family: names that begin with its own, on the wire and in the tables. */
function namesOf(family: string): RegExp {
  const upper = family.toUpperCase();
  const pascal = upper.charAt(0) + family.slice(1);
  const words = [
    String.raw`\bSPAN_FAMILY_${upper}\b`,
    String.raw`\b(HIT_)?${upper}_(TEXT|FLAG|CLIENT|SERVER)_`,
    String.raw`\b${family}_(body|text|flag|layout)\b`,
    `"(wire/)?${family}[_.]`,
    String.raw`\bread${pascal}(Body|Texts)\b`,
    String.raw`'\./${family}-`,
    `<'${family}'>`,
    String.raw`\bfamily: '${family}'`,
    `^  ${family}: `,
  ];
  return new RegExp(words.join('|'), 'm');
}

/** `*` in a place is any part of a file's name. */
const isAt = (path: string, place: string): boolean =>
  new RegExp(`^${place.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`).test(path);

function filesUnder(path: string): string[] {
  if (statSync(join(root, path)).isFile()) return [path];
  return readdirSync(join(root, path)).flatMap((name) => filesUnder(join(path, name)));
}

const sources = ['bpf', 'native', 'src'].flatMap(filesUnder).filter((path) => !others.test(path));

/** Waits are no family of hooks: they come of those that watch goroutines' time. */
const withHooks = Object.values(familyNames).filter((name) =>
  families.some(({ makes }) => makes?.family === name),
);

describe.each(withHooks)('the family %s', (family) => {
  const places = placesOf(family);
  const names = namesOf(family);
  const isItsOwn = (path: string): boolean => basename(path).startsWith(family);
  const found = sources.filter(
    (path) => isItsOwn(path) || names.test(readFileSync(join(root, path), 'utf8')),
  );

  it('stands in no file but those that CONTRIBUTING names', () => {
    expect(places.length).toBeGreaterThan(10);
    expect(found.filter((path) => !places.some((place) => isAt(path, place)))).toEqual([]);
  });

  it('stands in all of them', () => {
    expect(places.filter((place) => !found.some((path) => isAt(path, place)))).toEqual([]);
  });
});
