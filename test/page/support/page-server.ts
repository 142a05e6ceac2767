/** The page and all that is behind it, as a command opens it, with spans in its store. The seam of these tests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Backend, type BackendOptions } from '../../../src/page-server/backend.ts';
import { requestOfJson } from '../../../src/receiver/json-request.ts';
import type { OtlpRequest } from './otlp.ts';

export interface ServedPage {
  /** Ends with a slash. */
  readonly url: string;
  readonly backend: Backend;
  /** Keeps more spans; who looks at the live tail sees them. */
  append(requests: readonly OtlpRequest[]): Promise<void>;
  stop(): Promise<void>;
}

export async function servePage(
  requests: readonly OtlpRequest[],
  more: Partial<BackendOptions> = {},
): Promise<ServedPage> {
  const folder = mkdtempSync(join(tmpdir(), 'goidspan-page-'));
  const backend = await Backend.open({
    store: { folder, maxBytes: 2 ** 30, maxAgeMs: 86_400_000 },
    host: '127.0.0.1',
    ports: [0],
    token: undefined,
    ...more,
  });
  const append = async (told: readonly OtlpRequest[]): Promise<void> => {
    await Promise.all(told.map((request) => backend.append(requestOfJson(JSON.stringify(request)))));
  };
  await append(requests);
  return {
    url: `${backend.url}/`,
    backend,
    append,
    async stop() {
      await backend.close();
      rmSync(folder, { recursive: true });
    },
  };
}
