/** The services of examples/orders with what they need, and what their spans look like. */
import { SpanKind } from '@opentelemetry/api';
import { onTestFinished } from 'vitest';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { Child } from './child.ts';
import { startPostgres, startRedis } from './databases.ts';
import { buildGo } from './go-build.ts';
import { GoServer } from './go-server.ts';
import { idOf, parentOf } from './traced-server.ts';

export interface Orders {
  readonly service: GoServer;
  readonly gateway: GoServer;
}

/** Until the test has finished. */
export async function startOrders(): Promise<Orders> {
  const [stored, cached] = await Promise.all([startPostgres(), startRedis()]);
  onTestFinished(async () => void (await Promise.all([stored.stop(), cached.stop()])));
  const binary = await buildGo({ dir: 'examples/orders', name: 'orders' });
  const start = async (args: readonly string[]): Promise<GoServer> => {
    const server = await GoServer.of(new Child(binary, args));
    onTestFinished(() => server.stop());
    return server;
  };
  const service = await start([
    ...['service', '-redis', cached.address],
    ...['-postgres', `postgres://postgres@${stored.address}/shop`],
  ]);
  const gateway = await start(['gateway', '-service', service.url.replace('http://', '')]);
  return { service, gateway };
}

const kinds: Partial<Record<SpanKind, string>> = {
  [SpanKind.SERVER]: 'serves',
  [SpanKind.CLIENT]: 'calls',
};

/** Lines of a tree, by when spans began. */
export function treeOf(spans: readonly ReadableSpan[], parent?: string, indent = ''): string[] {
  const ids = new Set(spans.map(idOf));
  return spans
    .filter((span) => {
      const id = parentOf(span);
      return (id !== undefined && ids.has(id) ? id : undefined) === parent;
    })
    .sort((a, b) => a.startTime[0] - b.startTime[0] || a.startTime[1] - b.startTime[1])
    .flatMap((span) => [
      `${indent}${kinds[span.kind]} ${span.name}`,
      ...treeOf(spans, idOf(span), `${indent}  `),
    ]);
}
