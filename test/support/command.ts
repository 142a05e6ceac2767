/** The built command, as a user runs it. */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { Child } from './child.ts';

/** The built entry point. */
export const goidspanMain = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** What `--summary` writes, as far as tests look at it. */
export interface Summary {
  readonly spans: {
    readonly exported: number;
    readonly byKind: { readonly server: number; readonly client: number };
  };
  readonly hits: { readonly total: number; readonly byProbe: Readonly<Record<string, number>> };
  readonly lost: { readonly total: number; readonly byReason: Readonly<Record<string, number>> };
  readonly notes: Readonly<Record<string, number>>;
  readonly targets: readonly {
    readonly pid: number;
    readonly serviceName: string;
    readonly spans: number;
    readonly endedAt?: string;
  }[];
}

/** Starts `goidspan` with those arguments; `OTEL_*` of the test's own environment does not reach it. */
export function goidspan(args: readonly string[], env: Readonly<Record<string, string>> = {}): Child {
  const cleared = Object.fromEntries(
    Object.keys(process.env)
      .filter((name) => name.startsWith('OTEL_'))
      .map((name) => [name, '']),
  );
  return new Child(process.execPath, [goidspanMain, ...args], { env: { ...cleared, ...env } });
}

/** An empty folder that goes with the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'goidspan-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export const readSummary = (path: string): Summary => JSON.parse(readFileSync(path, 'utf8')) as Summary;
