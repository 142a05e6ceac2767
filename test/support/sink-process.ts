/** An OTLP receiver with faults in a process of its own, so that it takes its time and its memory from nobody else. */

import { join } from 'node:path';
import { build } from 'esbuild';
import { Child } from './child.ts';
import type { SinkAnswer, SinkOptions } from './scripted-sink.ts';

export interface SinkProcessOptions extends Omit<SinkOptions, 'script'> {
  /** To the first request, the second, …; the last one goes for all that follow. */
  readonly answers?: readonly SinkAnswer[];
  /** Keeps nothing of what has come; `distinct` then says nothing. */
  readonly forgets?: boolean;
}

/** What has come of the spans so far. */
export interface SinkReport {
  /** Accepted, those that came twice counted twice. */
  readonly spans: number;
  /** Accepted, each counted once. */
  readonly distinct: number;
  /** Requests that were answered by the present script. */
  readonly asked: number;
}

/** Bundles a program of `test/` into a folder; returns its path. */
export async function bundleProgram(source: string, folder: string): Promise<string> {
  const outfile = join(folder, `${source.replace(/\W/g, '-')}.mjs`);
  await build({
    entryPoints: [join(import.meta.dirname, '..', source)],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
  });
  return outfile;
}

export class SinkProcess {
  readonly url: string;
  readonly #child: Child;

  private constructor(child: Child, url: string) {
    this.#child = child;
    this.url = url;
  }

  /** `program` is the bundled `sink-program.ts`. */
  static async start(program: string, options: SinkProcessOptions): Promise<SinkProcess> {
    const child = new Child(process.execPath, [program, JSON.stringify(options)], { input: true });
    const [, url = ''] = await child.output(/^listening (\S+)$/m);
    return new SinkProcess(child, url);
  }

  /** From now on it answers like this. */
  async answer(answers: readonly SinkAnswer[]): Promise<void> {
    await this.#ask(JSON.stringify(answers));
  }

  report(): Promise<SinkReport> {
    return this.#ask('');
  }

  async stop(): Promise<void> {
    await this.#child.stop('SIGKILL');
  }

  async #ask(line: string): Promise<SinkReport> {
    this.#child.stdout = '';
    this.#child.process.stdin?.write(`${line}\n`);
    const [, json = ''] = await this.#child.output(/^report (.*)$/m);
    return JSON.parse(json) as SinkReport;
  }
}
