/** Asks a Go program for its own CPU profile, where it serves `net/http/pprof`. */
import { randomBytes } from 'node:crypto';
import { get as getPlain, type IncomingMessage } from 'node:http';
import { get as getSecure } from 'node:https';
import { gunzipSync } from 'node:zlib';
import { GoidspanError } from '../errors.ts';
import { decodeGoProfile, type GoProfile } from '../profile/go-profile.ts';

/** As Go writes it, and what it says. */
export interface FetchedGoProfile {
  readonly bytes: Buffer;
  readonly said: GoProfile;
}

const PACKED_BYTES_MAX = 64 << 20;
const BYTES_MAX = 256 << 20;
/** Beyond the time that it is to take. */
const PATIENCE_MS = 15_000;
const ERROR_TEXT_MAX = 200;

/** Takes that long. @throws {GoidspanError} `no_go_profile` */
export async function fetchGoProfile(
  url: URL,
  seconds: number,
  signal: AbortSignal,
): Promise<FetchedGoProfile> {
  const asked = new URL(url);
  if (!asked.searchParams.has('seconds')) asked.searchParams.set('seconds', String(seconds));
  try {
    const bytes = await download(
      asked,
      AbortSignal.any([signal, AbortSignal.timeout(seconds * 1e3 + PATIENCE_MS)]),
    );
    const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b;
    const said = decodeGoProfile(isPacked ? gunzipSync(bytes, { maxOutputLength: BYTES_MAX }) : bytes);
    return { bytes, said };
  } catch (cause) {
    throw new GoidspanError(
      'no_go_profile',
      `cannot get Go's own profile from ${asked}: ${(cause as Error).message} (does the program serve net/http/pprof there?)`,
      { cause },
    );
  }
}

async function download(url: URL, signal: AbortSignal): Promise<Buffer> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const get = url.protocol === 'https:' ? getSecure : getPlain;
    // The request for it is not to be in the profile as one that waits all the time: a trace that is not sampled.
    const traceparent = `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-00`;
    get(url, { signal, headers: { traceparent } }, resolve).on('error', reject);
  });
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > PACKED_BYTES_MAX) throw new Error(`it is larger than ${PACKED_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  if (response.statusCode === 200) return bytes;
  const text = bytes.toString('utf8').trim().slice(0, ERROR_TEXT_MAX);
  throw new Error(`it answers ${response.statusCode}${text === '' ? '' : `: ${text}`}`);
}
