/** `goidspan open`: a recording on a page. Its spans are made again into a store of its own, which goes with the command. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { routesVariable } from '../export/route-variable.ts';
import { replay } from '../tracer/replay.ts';
import { EXIT_FAILURE, EXIT_SUCCESS } from './exit-code.ts';
import { type OpenPage, openPage } from './open-page.ts';
import { openRecording } from './open-recording.ts';
import { type OpenInvocation, USUAL_STORE } from './page-arguments.ts';
import type { CommandContext } from './session.ts';

/** Of a recording that is being looked at: as much as it makes. */
const UNBOUNDED = { maxBytes: Number.MAX_SAFE_INTEGER, maxAgeMs: Number.MAX_SAFE_INTEGER };
const SECOND_US = 1_000_000;

/** Until a signal comes, or the time is over. */
export async function openCommand(
  { file, port, routes, durationSeconds }: OpenInvocation,
  { terminal, env, stop }: Pick<CommandContext, 'terminal' | 'env' | 'stop'>,
): Promise<number> {
  const report = (message: string): void => terminal.say(message);
  const chunks = await openRecording(file);
  const folder = await mkdtemp(join(tmpdir(), 'goidspan-open-'));
  let page: OpenPage | undefined;
  try {
    page = await openPage({ store: { ...USUAL_STORE, folder, ...UNBOUNDED }, port }, env, {
      report,
      onEvent: () => {},
    });
    const { end } = await replay(chunks, {
      name: file,
      processors: [page.sink],
      routes: routes ?? routesVariable(env, report),
      isStopped: () => stop.isDue,
      onTarget: () => {},
    });
    await page.sink.shutdown();
    if (end === 'cut_short' || end === 'damaged')
      report(`${file} is ${end.replace('_', ' ')}: what is whole of it is shown`);
    report(`${file} is at ${await addressOf(page)}`);
    if (durationSeconds !== undefined) stop.after(durationSeconds);
    await stop.reason;
    return end === 'damaged' ? EXIT_FAILURE : EXIT_SUCCESS;
  } finally {
    await page?.backend.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** With the time that was recorded, which may be long ago. */
async function addressOf({ backend }: OpenPage): Promise<string> {
  const { oldestUs, newestUs } = await backend.state();
  if (oldestUs === undefined || newestUs === undefined) return backend.url;
  return `${backend.url}/#/?from=${oldestUs - SECOND_US}&to=${newestUs + SECOND_US}`;
}
