/** `goidspan serve`: takes spans by OTLP, keeps them, shows them. */
import { isLoopback } from '../receiver/admission.ts';
import { EXIT_SUCCESS } from './exit-code.ts';
import { openBackend } from './open-backend.ts';
import { usage } from './option-values.ts';
import type { Serve } from './page-arguments.ts';
import type { CommandContext } from './session.ts';
import type { Terminal } from './terminal.ts';

/** Until a signal comes, or the time is over. */
export async function serveCommand(
  serve: Serve,
  { terminal, env, stop }: Pick<CommandContext, 'terminal' | 'env' | 'stop'>,
): Promise<number> {
  const { host, durationSeconds } = serve;
  const token = serve.token ?? (env['GOIDSPAN_TOKEN'] || undefined);
  if (token === undefined && !isLoopback(host)) {
    throw usage(
      'serve',
      `--host ${host}: others than this host may only look with a token: set GOIDSPAN_TOKEN`,
    );
  }
  const page = await (serve.fromJaeger === undefined
    ? openStored(serve, token, terminal)
    : openJaeger(serve, serve.fromJaeger, token, terminal));
  try {
    terminal.say(`the page is at ${page.url}${token === undefined ? '' : '/?token=… (GOIDSPAN_TOKEN)'}`);
    if (durationSeconds !== undefined) stop.after(durationSeconds);
    await stop.reason;
  } finally {
    await page.close();
  }
  return EXIT_SUCCESS;
}

interface Page {
  readonly url: string;
  close(): Promise<void>;
}

/** Spans that are taken and kept here. */
async function openStored(
  { store, host, port, grpcPort, httpPort, isJaegerStorage, jaegerUrl }: Serve,
  token: string | undefined,
  terminal: Terminal,
): Promise<Page> {
  const otlp = { grpcPort, httpPort, isJaegerStorage };
  const backend = await openBackend({ store, host, ports: [port], otlp, token, jaegerUrl });
  const { grpc, http } = backend.endpoints ?? {};
  terminal.say(`taking OTLP at ${grpc} (gRPC) and ${http} (HTTP)`);
  if (isJaegerStorage) terminal.say(`a Jaeger may have its storage at ${grpc}`);
  return backend;
}

async function openJaeger(
  { host, port, jaegerUrl }: Serve,
  url: string,
  token: string | undefined,
  terminal: Terminal,
): Promise<Page> {
  const { openJaegerPage } = await import('../page-server/jaeger-page.ts');
  const page = await openJaegerPage({ url, linkUrl: jaegerUrl ?? url, host, port, token });
  terminal.say(`showing the traces of Jaeger at ${url}; nothing is taken or kept here`);
  return page;
}
