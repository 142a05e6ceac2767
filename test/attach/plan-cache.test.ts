import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Programs } from '../../src/attach/program.ts';
import { openFileSource } from '../../src/binary/file-source.ts';
import { GoBinary } from '../../src/binary/go-binary.ts';
import { localStripped } from '../support/nethttp-builds.ts';
import { buildOrSkip } from '../support/skip.ts';

const timeout = 300_000;

function temporaryPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'goidspan-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'program');
}

test('a program that comes again, in another file of the same build too, is not planned again', {
  timeout,
}, async (context) => {
  const path = await buildOrSkip(context, localStripped);
  const copy = temporaryPath();
  copyFileSync(path, copy);
  const programs = new Programs();
  const first = await programs.acquire(path);
  programs.release(first);
  const started = performance.now();
  const again = await programs.acquire(copy);
  const took = performance.now() - started;
  expect(again.plan).toBe(first.plan);
  expect(again.statusOffset).toBeGreaterThan(0);
  expect(took).toBeLessThan(100);
  programs.release(again);
});

test('a file that claims the same build id but has other code at a site is planned by itself', {
  timeout,
}, async (context) => {
  const path = await buildOrSkip(context, localStripped);
  const programs = new Programs();
  const { plan } = await programs.acquire(path);
  const hijack = plan.hooks.find((h) => h.hook.name === 'http_server_hijack')?.sites[0];
  const content = readFileSync(path);
  content[hijack?.fileOffset ?? 0] = 0xc3;
  const copy = temporaryPath();
  writeFileSync(copy, content);
  const [a, b] = [path, copy].map((file) => GoBinary.open(openFileSource(file)).buildId);
  expect(a).toBe(b);
  const other = (await programs.acquire(copy)).plan;
  expect(other).not.toBe(plan);
  const sites = other.hooks.find((h) => h.hook.name === 'http_server_hijack')?.sites;
  expect([hijack?.instruction, sites?.[0]?.instruction]).toEqual([
    'push rbp',
    expect.stringMatching(/^jbe /),
  ]);
});
