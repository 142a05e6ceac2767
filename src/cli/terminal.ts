/** Our standard streams: spans on stdout, everything else on stderr. */

import { Screen, type ScreenHooks } from './screen.ts';

/** Where the commands write. */
export interface Terminal {
  readonly isStdoutTerminal: boolean;
  readonly isStderrTerminal?: boolean;
  /** For spans, and whatever else a command is asked for. */
  writeOut(data: string | Uint8Array): void;
  /** One line for the user, with the program's name. */
  say(message: string): void;
  /** Text as it is, on stderr. */
  writeError(text: string): void;
  /** A screen of its own to draw on; undefined where stdout is no terminal that has one. */
  openScreen?(hooks: ScreenHooks): Screen;
}

/** Of this process. `onOutputClosed` is called when nobody reads stdout any more. */
export function processTerminal(onOutputClosed: () => void): Terminal {
  process.stdout.on('error', onOutputClosed);
  // Nobody to tell.
  process.stderr.on('error', () => {});
  const hasScreen = process.stdout.isTTY === true && process.env['TERM'] !== 'dumb';
  return {
    isStdoutTerminal: process.stdout.isTTY === true,
    isStderrTerminal: process.stderr.isTTY === true,
    writeOut: (data) => void process.stdout.write(data),
    say: (message) => void process.stderr.write(`goidspan: ${message}\n`),
    writeError: (text) => void process.stderr.write(text),
    ...(hasScreen && { openScreen: (hooks) => new Screen(process.stdout, process.stdin, hooks) }),
  };
}

/** Resolves when the streams of this process have taken everything (a full pipe takes the rest later), or take nothing any more. */
export async function outputTaken(): Promise<void> {
  await Promise.all(
    [process.stdout, process.stderr].map(
      (stream) => new Promise<void>((done) => stream.write('', () => done())),
    ),
  );
}
