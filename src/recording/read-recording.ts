/**
 * A recording as a stream of frames, whole ones only. Reads from any source of bytes, on any system; holds one frame
 * at a time. The bytes are hostile.
 */
import { GoidspanError } from '../errors.ts';
import { WIRE_HASH, wireLayout } from '../wire/wire.gen.ts';
import { RecordConverter } from './convert-records.ts';
import {
  BINARY_BYTES_MAX,
  FORMAT_VERSION,
  FRAME_HEADER_BYTES,
  type Frame,
  HEADER_BYTES,
  JSON_BYTES_MAX,
  MAGIC,
  padded,
  type StartFrame,
} from './format.ts';
import { oldLayouts } from './old-layouts.ts';
import { parseFrame } from './parse-frame.ts';
import { checksumOf } from './write-frame.ts';

/** How the recording ended: with its end frame; in the middle of a frame, or between two; at a frame that is not whole. */
export type RecordingEnd = 'complete' | 'cut_short' | 'damaged';

/** Hash of `wire.h` as recordings name it. */
export const WIRE_HASH_TEXT = WIRE_HASH.toString(16).padStart(16, '0');

/**
 * The frames of the recording called `name`, with records in the layout of this version; returns how it ended.
 * @throws {GoidspanError} `bad_recording` for another format or format version, or a record layout that is not known.
 */
export async function* readRecording(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  name: string,
): AsyncGenerator<Frame, RecordingEnd> {
  const source = new ByteQueue(chunks);
  try {
    checkHeader(await source.take(HEADER_BYTES), name);
    let converter: RecordConverter | undefined;
    for (let isFirst = true; ; isFirst = false) {
      const frame = await readFrame(source);
      if (typeof frame === 'string') {
        if (isFirst) throw refuse(name, 'its first frame is missing or damaged', 'record again');
        return frame;
      }
      if (isFirst) converter = converterFor(startOf(frame, name), name);
      yield converter ? converted(frame, converter) : frame;
      if (frame.kind === 'end') return 'complete';
    }
  } finally {
    await source.close();
  }
}

async function readFrame(source: ByteQueue): Promise<Frame | 'cut_short' | 'damaged'> {
  const header = await source.take(FRAME_HEADER_BYTES);
  if (!header) return 'cut_short';
  const [kind, jsonBytes, binaryBytes, checksum] = [0, 4, 8, 12].map((at) => header.readUInt32LE(at)) as [
    number,
    number,
    number,
    number,
  ];
  if (jsonBytes > JSON_BYTES_MAX || binaryBytes > BINARY_BYTES_MAX) return 'damaged';
  const body = await source.take(padded(jsonBytes) + padded(binaryBytes));
  if (!body) return 'cut_short';
  if (checksumOf(header, body) !== checksum) return 'damaged';
  const from = padded(jsonBytes);
  // Of its own, so that 32-bit views of it are aligned.
  const binary = new Uint8Array(body.subarray(from, from + binaryBytes)).buffer;
  return parseFrame(kind, body.toString('utf8', 0, jsonBytes), binary) ?? 'damaged';
}

function checkHeader(header: Buffer | undefined, name: string): void {
  if (header?.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    throw refuse(name, 'it is not a recording', 'name a file that goidspan record has written');
  }
  const version = header.readUInt32LE(MAGIC.length);
  if (version !== FORMAT_VERSION) {
    throw refuse(
      name,
      `its format has version ${version}, and this goidspan reads version ${FORMAT_VERSION}`,
      'use the goidspan that recorded it',
    );
  }
}

function startOf(frame: Frame, name: string): StartFrame {
  if (frame.kind === 'start') return frame;
  throw refuse(name, 'it does not say who recorded it', 'record again');
}

/** Undefined where records have the layout of this version. */
function converterFor({ wireHash, layout, version }: StartFrame, name: string): RecordConverter | undefined {
  if (wireHash === WIRE_HASH_TEXT || JSON.stringify(layout) === JSON.stringify(wireLayout)) return undefined;
  const known = layout ?? oldLayouts.get(wireHash);
  if (known) return new RecordConverter(known);
  throw refuse(
    name,
    `its records have layout ${wireHash}, which this goidspan does not know`,
    `use goidspan ${version}, which recorded it`,
  );
}

function converted(frame: Frame, converter: RecordConverter): Frame {
  if (frame.kind !== 'batch' && frame.kind !== 'span') return frame;
  return { ...frame, bytes: converter.convert(frame.bytes) };
}

function refuse(name: string, cause: string, remedy: string): GoidspanError {
  return new GoidspanError('bad_recording', `cannot replay ${name}: ${cause} (${remedy})`);
}

/** Pieces of any size in, pieces of the wanted size out. */
class ByteQueue {
  readonly #chunks: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  #held: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
    this.#chunks =
      Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
  }

  /** Undefined when fewer are left. Never allocates more than the source has. */
  async take(bytes: number): Promise<Buffer | undefined> {
    const parts = [this.#held];
    let held = this.#held.length;
    while (held < bytes) {
      const { done, value } = await this.#chunks.next();
      if (done) break;
      parts.push(Buffer.from(value.buffer, value.byteOffset, value.length));
      held += value.length;
    }
    const all = parts.length === 1 ? this.#held : Buffer.concat(parts);
    if (held < bytes) {
      this.#held = all;
      return undefined;
    }
    this.#held = all.subarray(bytes);
    return all.subarray(0, bytes);
  }

  /** Lets the source go. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}
