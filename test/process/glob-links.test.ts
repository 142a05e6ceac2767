import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { GlobLinks } from '../../src/process/glob-links.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A folder with those files, and those links (path → what it says; `ROOT` is the folder). */
function tree(files: readonly string[], links: Readonly<Record<string, string>>): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'goidspan-links-')));
  folders.push(folder);
  const place = (path: string): string => {
    const full = join(folder, path);
    mkdirSync(dirname(full), { recursive: true });
    return full;
  };
  for (const file of files) writeFileSync(place(file), '');
  for (const [path, target] of Object.entries(links))
    symlinkSync(target.replace('ROOT', folder), place(path));
  return folder;
}

const releases = ['releases/42/server', 'releases/43/server', 'opt/app-1.2/bin/main', 'apps/x'];

describe('GlobLinks', () => {
  it.each([
    ['/current/server', { current: 'releases/42' }],
    ['/current/server', { current: 'ROOT/releases/42' }],
    ['/current/server', { current: './newest/', newest: 'apps/../releases/42/.' }],
    ['/*/server', { current: 'releases/42' }],
    ['/apps/*/current/serv?r', { 'apps/shop/current': '../../releases/42' }],
    ['/bin/*', { 'bin/app': '../releases/42/server' }],
    ['/current/**', { current: 'releases' }],
    ['/current/**/server', { current: 'releases' }],
    ['/current/../42/server', { current: 'releases/43' }],
  ])('%s leads through %j', (glob, links) => {
    const folder = tree(releases, links);
    const pattern = new GlobLinks(folder + glob);
    expect(pattern.leadTo(`${folder}/releases/42/server`)).toBe(true);
    expect(pattern.leadTo(`${folder}/opt/app-1.2/bin/main`)).toBe(false);
  });

  it('does not enter links by **, and is not caught by links that lead to themselves or nowhere', () => {
    const folder = tree(releases, { 'a/up': '..', 'a/self': 'self', 'a/gone': 'nowhere' });
    expect(new GlobLinks(`${folder}/a/**/server`).leadTo(`${folder}/releases/42/server`)).toBe(false);
    for (const glob of ['a/self', 'a/gone', 'a/self/*', 'a/*', 'a/gone/server']) {
      expect(new GlobLinks(`${folder}/${glob}`).leadTo(`${folder}/releases/42/server`)).toBe(false);
    }
    expect(
      new GlobLinks(`${folder}/a/up/a/up/releases/*/server`).leadTo(`${folder}/releases/42/server`),
    ).toBe(true);
  });

  it('sees at once that a link leads elsewhere, settled or not', async () => {
    const folder = tree(releases, { current: 'releases/42' });
    const pattern = new GlobLinks(`${folder}/current/server`);
    const leadsTo = (release: number): boolean => pattern.leadTo(`${folder}/releases/${release}/server`);
    const change = (release: number): void => {
      symlinkSync(`releases/${release}`, join(folder, 'next'));
      renameSync(join(folder, 'next'), join(folder, 'current'));
    };
    for (const pause of [0, 0, 60, 60, 0]) {
      await sleep(pause);
      change(43);
      expect([leadsTo(42), leadsTo(43)]).toEqual([false, true]);
      await sleep(pause);
      expect([leadsTo(42), leadsTo(43)]).toEqual([false, true]);
      change(42);
      expect([leadsTo(42), leadsTo(43)]).toEqual([true, false]);
    }
  });

  it('follows absolute links within the root directory that is meant', () => {
    const folder = tree(releases, { current: '/releases/42' });
    const pattern = new GlobLinks('/current/server');
    expect(pattern.leadTo('/releases/42/server', folder)).toBe(true);
    expect(pattern.leadTo('/releases/42/server')).toBe(false);
  });
});
