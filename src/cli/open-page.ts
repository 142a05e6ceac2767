/** The page of a command that traces: its spans are kept, and shown on this host. */
import { type ErrorCode, GoidspanError } from '../errors.ts';
import type { ExportEvent } from '../export/export-event.ts';
import { spanLimitsOf } from '../export/span-limits.ts';
import type { OtlpExport } from '../otlp-client/otlp-export.ts';
import { reportHooks } from '../otlp-client/report-hooks.ts';
import { pagePorts } from '../page-api/limits.ts';
import type { Backend } from '../page-server/backend.ts';
import { createPageSink } from '../page-server/page-sink.ts';
import { openBackend } from './open-backend.ts';
import { type PageOptions, USUAL_STORE } from './page-arguments.ts';

const HOST = '127.0.0.1';

export interface OpenPage {
  readonly backend: Backend;
  readonly sink: OtlpExport;
}

interface Told {
  readonly report: (message: string) => void;
  readonly onEvent: (event: ExportEvent) => void;
}

/** With the URL said. @throws {GoidspanError} of the backend. */
export async function openPage(
  { store, port, jaegerUrl }: PageOptions,
  env: NodeJS.ProcessEnv,
  { report, onEvent }: Told,
): Promise<OpenPage> {
  const backend = await openBackend({
    store,
    host: HOST,
    ports: pagePorts(port),
    token: undefined,
    jaegerUrl,
  });
  const hooks = reportHooks('the store', report, onEvent);
  report(`the page is at ${backend.url}`);
  return { backend, sink: createPageSink(() => backend.openPort(), spanLimitsOf(env, report), hooks) };
}

/** As a command wants it. */
export async function openPageOf(
  wanted: PageOptions | undefined,
  isUsual: boolean,
  env: NodeJS.ProcessEnv,
  told: Told,
): Promise<OpenPage | undefined> {
  if (wanted) return openPage(wanted, env, told);
  return isUsual ? openUsualPage(env, told) : undefined;
}

/** What may keep a page that nobody has asked for from being there. */
const EXCUSED: readonly ErrorCode[] = [
  'no_sqlite',
  'store_busy',
  'bad_store',
  'cannot_write',
  'cannot_listen',
];

/** The page that `run` has on a terminal if nothing else is said: without it, it is said why, and the rest goes on. */
async function openUsualPage(env: NodeJS.ProcessEnv, told: Told): Promise<OpenPage | undefined> {
  try {
    return await openPage({ store: USUAL_STORE, port: undefined }, env, told);
  } catch (error) {
    if (!(error instanceof GoidspanError) || !EXCUSED.includes(error.code)) throw error;
    told.report(`no page: ${error.message}`);
    return undefined;
  }
}
