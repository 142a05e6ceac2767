/** `goidspan inspect`: what would be attached where in a program, what it costs, or why not. */
import { release } from 'node:os';
import { namedAfter } from '../attach/program.ts';
import { openFileSource } from '../binary/file-source.ts';
import { GoBinary } from '../binary/go-binary.ts';
import { GoidspanError } from '../errors.ts';
import { hostArch } from '../process/host.ts';
import { hasFastNop5 } from '../process/kernel-release.ts';
import { loadBias, parseMaps } from '../process/memory-map.ts';
import { pageBytes } from '../process/page-size.ts';
import { PROC_ROOT, readProcFile } from '../process/proc-file.ts';
import { type ProcessFacts, requireProcess } from '../process/process.ts';
import type { Invocation } from './arguments.ts';
import { EXIT_NOTHING_ATTACHED, EXIT_SUCCESS } from './exit-code.ts';
import { type Inspection, inspectProgram } from './inspection.ts';
import { formatInspection } from './inspection-text.ts';
import type { Terminal } from './terminal.ts';

/** Prints the inspection on stdout, a refusal on stderr too. Resolves with the exit code. */
export async function inspectCommand(
  { program, asJson }: Extract<Invocation, { kind: 'inspect' }>,
  terminal: Terminal,
): Promise<number> {
  const { inspection, refusal } = inspect(program);
  terminal.writeOut(
    asJson ? `${JSON.stringify(inspection, null, 2)}\n` : formatInspection(inspection, hostArch()),
  );
  if (!refusal) return EXIT_SUCCESS;
  terminal.say(refusal.message);
  return EXIT_NOTHING_ATTACHED;
}

function inspect(program: string | number): { inspection: Inspection; refusal?: GoidspanError } {
  const about = { formatVersion: 1, path: String(program), pid: null, loadBias: null } as const;
  let source: ReturnType<typeof openFileSource> | undefined;
  let path = String(program);
  let seen: Inspection = { ...about, traceable: false, refusal: null, program: null };
  try {
    const facts = typeof program === 'number' ? requireProcess(program) : undefined;
    path = facts?.exe ?? path;
    if (facts) seen = { ...seen, path, pid: facts.pid };
    source = openFileSource(facts?.openPath ?? path);
    const binary = GoBinary.open(source);
    if (facts) seen = { ...seen, loadBias: biasOf(binary, facts) };
    // By its number, since trying would need privileges.
    const { program: found, refusal } = inspectProgram(binary, hasFastNop5(release(), process.arch));
    seen = { ...seen, traceable: refusal === undefined, program: found };
    if (refusal) throw refusal;
    return { inspection: seen };
  } catch (error) {
    if (!(error instanceof GoidspanError)) throw error;
    const refusal = namedAfter(error, path);
    const { code, message } = refusal;
    return { inspection: { ...seen, refusal: { code, message } }, refusal };
  } finally {
    source?.close();
  }
}

function biasOf(binary: GoBinary, { pid, exeLink }: ProcessFacts): number {
  if (!binary.isPie) return 0;
  const segments = binary.segments.map((segment) => ({ ...segment, fileSize: segment.fileBytes }));
  return loadBias(parseMaps(readProcFile(pid, 'maps', PROC_ROOT) ?? ''), exeLink, segments, pageBytes()) ?? 0;
}
