/** The page over the traces that a Jaeger keeps: nothing is taken and nothing is kept here. */
import { installedPath } from '../installation.ts';
import { JaegerReader } from '../jaeger/jaeger-reader.ts';
import { LiveTail } from './live-tail.ts';
import { PageServer } from './page-server.ts';

export interface JaegerPageOptions {
  /** Where its page and its API are. */
  readonly url: string;
  /** As its links name it, for browsers. */
  readonly linkUrl: string;
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly token: string | undefined;
}

/** @throws {GoidspanError} `no_jaeger`, `cannot_listen`. */
export async function openJaegerPage({
  url,
  linkUrl,
  ...options
}: JaegerPageOptions): Promise<Pick<PageServer, 'url' | 'close'>> {
  const reader = await JaegerReader.open(url);
  const jaeger = () => ({ url: linkUrl, holdsSpans: true });
  return PageServer.open(reader, {
    ...options,
    files: installedPath('dist', 'page'),
    live: new LiveTail(() => {}),
    jaeger,
  });
}
