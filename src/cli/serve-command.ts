/** `goidspan serve`: takes spans by OTLP, keeps them, shows them. */
import { isLoopback } from '../receiver/admission.ts';
import { EXIT_SUCCESS } from './exit-code.ts';
import { openBackend } from './open-backend.ts';
import { usage } from './option-values.ts';
import type { Serve } from './page-arguments.ts';
import type { CommandContext } from './session.ts';

/** Until a signal comes, or the time is over. */
export async function serveCommand(
  { store, host, port, grpcPort, httpPort, isJaegerStorage, token: given, durationSeconds }: Serve,
  { terminal, env, stop }: Pick<CommandContext, 'terminal' | 'env' | 'stop'>,
): Promise<number> {
  const token = given ?? (env['GOIDSPAN_TOKEN'] || undefined);
  if (token === undefined && !isLoopback(host)) {
    throw usage(
      'serve',
      `--host ${host}: others than this host may only look with a token: set GOIDSPAN_TOKEN`,
    );
  }
  const otlp = { grpcPort, httpPort, isJaegerStorage };
  const backend = await openBackend({ store, host, ports: [port], otlp, token });
  try {
    const { grpc, http } = backend.endpoints ?? {};
    terminal.say(`taking OTLP at ${grpc} (gRPC) and ${http} (HTTP)`);
    if (isJaegerStorage) terminal.say(`a Jaeger may have its storage at ${grpc}`);
    terminal.say(`the page is at ${backend.url}${token === undefined ? '' : '/?token=… (GOIDSPAN_TOKEN)'}`);
    if (durationSeconds !== undefined) stop.after(durationSeconds);
    await stop.reason;
  } finally {
    await backend.close();
  }
  return EXIT_SUCCESS;
}
