/** A profile in the form that was asked for, in a file or on stdout. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { GoidspanError, remedyOf } from '../errors.ts';
import { chromeTrace } from '../profile/chrome-trace.ts';
import type { CodeEvents } from '../profile/code-events.ts';
import { foldedStacks } from '../profile/folded.ts';
import { encodePprof } from '../profile/pprof.ts';
import type { Profile } from '../profile/profile.ts';
import { type ProfileOptions, VALUE_NUMBERS } from '../profile/profile-of.ts';
import { toSpeedscope } from '../profile/speedscope.ts';
import type { ProfileFormat, ProfileInvocation } from './arguments.ts';
import type { Terminal } from './terminal.ts';

const EXTENSIONS: Readonly<Record<ProfileFormat, string>> = {
  pprof: '.pb.gz',
  speedscope: '.speedscope.json',
  folded: '.folded',
  chrome: '.trace.json',
};
const GO_EXTENSION = '.go.pb.gz';

/** What there is to write. */
export interface Written {
  readonly profile: Profile;
  readonly events: CodeEvents;
  readonly options: ProfileOptions;
  readonly name: string;
}

/** The file in pieces. */
export function* piecesOf(
  { profile, events, options, name }: Written,
  { format, value }: Pick<ProfileInvocation, 'format' | 'value'>,
): Generator<string | Uint8Array> {
  switch (format) {
    case 'pprof':
      yield gzipSync(encodePprof(profile));
      return;
    case 'speedscope':
      yield JSON.stringify(toSpeedscope(profile, name));
      return;
    case 'folded':
      yield foldedStacks(profile, VALUE_NUMBERS[value]);
      return;
    case 'chrome':
      yield* chromeTrace(events, options);
  }
}

/** Where it goes: as `perf record` does, to stdout unless that is a terminal. Undefined: stdout. */
export function outputOf(
  { output, format }: Pick<ProfileInvocation, 'output' | 'format'>,
  { isStdoutTerminal }: Pick<Terminal, 'isStdoutTerminal'>,
  fileName: string,
): string | undefined {
  if (output === undefined) return isStdoutTerminal ? `${fileName}${EXTENSIONS[format]}` : undefined;
  return output === '-' ? undefined : output;
}

/** Beside ours. */
export const goFileOf = (file: string | undefined, fileName: string): string =>
  file === undefined
    ? `${fileName}${GO_EXTENSION}`
    : `${file.replace(/(\.[a-z]+){1,2}$/i, '')}${GO_EXTENSION}`;

/** `shop-20261130T031500Z`. */
export const fileNameOf = (service: string, at: Date): string =>
  `${service.replaceAll(/[^\w.-]+/g, '_')}-${at.toISOString().replaceAll(/[-:]|\.\d+/g, '')}`;

/** @throws {GoidspanError} `cannot_write`. */
export function writePieces(file: string, pieces: Iterable<string | Uint8Array>): void {
  try {
    const fd = openSync(file, 'w', 0o600);
    try {
      for (const piece of pieces) {
        const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
        for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
      }
    } finally {
      closeSync(fd);
    }
  } catch (cause) {
    throw new GoidspanError(
      'cannot_write',
      `cannot write ${file}: ${(cause as Error).message} (${remedyOf((cause as Error).message, 'choose another -o')})`,
      { cause },
    );
  }
}
