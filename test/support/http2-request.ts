/** Requests over HTTP/2, with or without TLS. */
import http2, { constants } from 'node:http2';

/** One request over HTTP/2, cancelled after a while if asked; resolves however it ends. */
export async function getHttp2(url: string, path: string, cancelAfterMs?: number): Promise<void> {
  const session = http2.connect(url, { rejectUnauthorized: false });
  await new Promise<void>((done) => {
    const stream = session.request({ ':path': path });
    stream.on('error', () => done()).on('close', () => done());
    session.on('error', () => done());
    stream.resume().end();
    if (cancelAfterMs !== undefined) setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), cancelAfterMs);
  });
  session.destroy();
}
