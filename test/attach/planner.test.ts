import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { planProgram } from '../../src/attach/plan-program.ts';
import { Planner } from '../../src/attach/planner.ts';
import { Programs } from '../../src/attach/program.ts';
import { openFileSource } from '../../src/binary/file-source.ts';
import { GoBinary } from '../../src/binary/go-binary.ts';
import { localStripped } from '../support/nethttp-builds.ts';
import { buildOrSkip } from '../support/skip.ts';

const timeout = 300_000;

function planner(): Planner {
  const made = new Planner({});
  onTestFinished(() => made.close());
  return made;
}

async function fileOf(content: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'goidspan-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'program');
  writeFileSync(path, content);
  return path;
}

test('the planning thread plans as the main thread does', { timeout }, async (context) => {
  const path = await buildOrSkip(context, localStripped);
  const source = openFileSource(path);
  onTestFinished(() => source.close());
  expect(await planner().plan(source.path)).toEqual(planProgram(GoBinary.open(source), {}));
});

test('its refusals keep their code and message', async () => {
  const path = await fileOf('#!/bin/sh\n');
  const refusal = await planner()
    .plan(path)
    .catch((error: unknown) => error);
  const own = () => GoBinary.open(openFileSource(path));
  expect(own).toThrow((refusal as Error).message);
  expect(refusal).toMatchObject({ name: 'GoidspanError', code: 'bad_binary' });
});

test('what it was asked when it is closed is rejected, and it plans again afterwards', {
  timeout,
}, async (context) => {
  const path = await buildOrSkip(context, localStripped);
  const asked = planner();
  const plan = asked.plan(path);
  const rejected = expect(plan).rejects.toThrow('the planning thread has ended');
  await asked.close();
  await rejected;
  expect((await asked.plan(path)).hooks.length).toBeGreaterThan(5);
});

test('a program that is acquired twice at once is planned once, and closed with its last user', {
  timeout,
}, async (context) => {
  const path = await buildOrSkip(context, localStripped);
  const programs = new Programs();
  onTestFinished(() => programs.close());
  const [first, second] = await Promise.all([programs.acquire(path), programs.acquire(path)]);
  expect(second).toBe(first);
  programs.release(first);
  expect(await programs.acquire(path)).toBe(first);
  programs.release(first);
  programs.release(first);
  expect(await programs.acquire(path)).not.toBe(first);
});

test('a program that cannot be planned fails for everybody, and is tried again later', async () => {
  const path = await fileOf('no program');
  const programs = new Programs();
  const results = await Promise.allSettled([programs.acquire(path), programs.acquire(path)]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await expect(programs.acquire(path)).rejects.toThrow(path);
});
