import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import type { Advice } from '../../src/advice/rules.ts';
import { applicationOf, apply } from '../../src/cli/apply-advice.ts';

const because = 'of what was measured';
const advice: readonly Advice[] = [
  { setting: 'GOGC', from: '5', to: '300', because },
  { setting: 'GOMEMLIMIT', from: 'off', to: '460MiB', because },
  { setting: 'MaxOpenConns', from: '1', to: '5', because },
  { setting: 'CPU limit', from: '0.5 CPU', because },
];

/** A program that answers so, and what it was asked for. */
async function program(status: number, text: string) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(status).end(text);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => void server.close());
  return { asked, url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/tune?key=1`) };
}

it('asks the program for what can be set while it runs, beside what its URL has', async () => {
  const { asked, url } = await program(200, 'gogc 5 → 300\n');
  const application = applicationOf(url, advice);
  expect(application && (await apply(application))).toBe('gogc 5 → 300');
  expect(asked).toEqual([`PUT /tune?key=1&gogc=300&gomemlimit=${460 * 2 ** 20}`]);
});

it('asks for nothing where nothing can be set so', () => {
  expect(applicationOf(new URL('http://127.0.0.1/tune'), advice.slice(2))).toBeUndefined();
});

it('says why the program has not taken it', async () => {
  const { url } = await program(400, 'gogc must be a number');
  await expect(apply(url)).rejects.toMatchObject({
    code: 'cannot_apply',
    message: `cannot apply the advice by PUT ${url}: it answers 400: gogc must be a number (does the program offer this? see examples/shop)`,
  });
  await expect(apply(new URL('http://127.0.0.1:1/'))).rejects.toMatchObject({
    code: 'cannot_apply',
    message: expect.stringContaining('(does the program offer this?'),
  });
});
