/** A Node service in front of a Go service: it starts the Go program, has it traced, and calls it. One trace through both. */
const { spawn } = require('node:child_process');
const { setTimeout: sleep } = require('node:timers/promises');
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http');
const { NodeSDK } = require('@opentelemetry/sdk-node');
const { GoidSpanProcessor } = require('goidspan');

/** The Go programs of this service: asked for again and again, so more may come and go. */
const goServices = new Set();

const goidspan = new GoidSpanProcessor({
  targets: () => [...goServices].map((child) => ({ pid: child.pid })),
  pollIntervalMillis: 100,
  limits: { scheduledDelayMillis: 1_000 },
});
const sdk = new NodeSDK({
  serviceName: 'front',
  spanProcessors: [goidspan],
  instrumentations: [new HttpInstrumentation()],
});
sdk.start();

// After the start of the SDK: the instrumentation wraps what is required from now on.
const http = require('node:http');

/** Starts the Go service, and resolves with its address when it listens. */
function startGo(binary) {
  const child = spawn(binary, ['-listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  goServices.add(child);
  child.once('exit', () => goServices.delete(child));
  return new Promise((resolve) => {
    child.stdout.on('data', (text) => {
      const [, address] = /^listening (\S+)$/m.exec(text) ?? [];
      if (address) resolve(address);
    });
  });
}

/** Waits until the Go service is traced, for five seconds at most: it serves without it, too. */
async function untilTraced() {
  const isTraced = () => goidspan.status().stats?.targets.length === goServices.size;
  for (let i = 0; i < 50 && !isTraced(); i++) await sleep(100);
}

/** Passes every request on to the Go service. */
function serve(goAddress) {
  const server = http.createServer((request, response) => {
    const call = http.get(`http://${goAddress}${request.url}`, (answer) => {
      response.statusCode = answer.statusCode;
      answer.pipe(response);
    });
    call.on('error', (error) => response.writeHead(502).end(error.message));
  });
  server.listen(Number(process.env.PORT ?? 8081), '127.0.0.1', () => {
    process.stdout.write(`front listening 127.0.0.1:${server.address().port}\n`);
  });
  return server;
}

async function main() {
  const goAddress = await startGo(process.argv[2]);
  await untilTraced();
  const server = serve(goAddress);
  process.once('SIGTERM', async () => {
    server.close();
    server.closeAllConnections();
    // Detaches, drains and exports what is left.
    await sdk.shutdown();
    for (const child of goServices) child.kill();
    process.stdout.write(`${JSON.stringify(goidspan.status())}\n`);
  });
}

main();
