/** A recording as chunks of bytes; what is wrong with the file is said as of one. */
import { createReadStream } from 'node:fs';
import { GoidspanError, remedyOf } from '../errors.ts';

/** Opens before anything else is, so that a wrong name empties no output file. */
export async function openRecording(file: string): Promise<AsyncIterable<Uint8Array>> {
  const stream = createReadStream(file, { highWaterMark: 1 << 20 });
  try {
    await new Promise<void>((resolve, reject) => {
      stream.once('ready', resolve);
      stream.once('error', reject);
    });
  } catch (cause) {
    throw unreadable(file, cause as Error);
  }
  return readable(stream, file);
}

async function* readable(stream: AsyncIterable<Uint8Array>, file: string): AsyncGenerator<Uint8Array> {
  try {
    yield* stream;
  } catch (cause) {
    throw unreadable(file, cause as Error);
  }
}

function unreadable(file: string, cause: Error): GoidspanError {
  return new GoidspanError(
    'bad_recording',
    `cannot read ${file}: ${cause.message} (${remedyOf(cause.message, 'name a file that goidspan record has written')})`,
    { cause },
  );
}
