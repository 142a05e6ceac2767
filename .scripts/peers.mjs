/**
 * Builds the real peers of the tests, a Jaeger and an OpenTelemetry Collector, into `.cache/peers/`, once; with
 * `GOIDSPAN_TEST_FULL=1` a Prometheus too, which is Debian's otherwise (`lib/servers.mjs`).
 */

import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { unlessFresh } from './lib/fresh.mjs';
import { root, run, say, script, which } from './lib/process.mjs';

/** Two at a time and niced: the machine has other things to do. */
const go = (args, options) =>
  run('nice', ['-n', '10', 'go', ...args], {
    ...options,
    env: { GOFLAGS: '-buildvcs=false -p=2', GOWORK: 'off' },
  });

async function buildJaeger() {
  const output = '.cache/peers/jaeger';
  const inputs = ['go.mod', 'go.sum', 'tools.go'].map((name) => `otel-config/jaeger/${name}`);
  await unlessFresh('jaeger', { inputs, outputs: [output] }, async () => {
    say('building Jaeger v2 for the tests (once; about 5 minutes)');
    await go(['build', '-o', join(root, output), 'github.com/jaegertracing/jaeger/cmd/jaeger'], {
      cwd: join(root, 'otel-config/jaeger'),
      log: 'jaeger',
    });
  });
}

async function buildCollector() {
  const output = '.cache/peers/otelcol';
  await unlessFresh('otelcol', { inputs: ['otel-config/builder.yaml'], outputs: [output] }, async () => {
    say('building the OpenTelemetry Collector for the tests (once; about 1 minute)');
    const builder = 'go.opentelemetry.io/collector/cmd/builder@v0.150.0';
    await go(['run', builder, '--config', 'otel-config/builder.yaml'], { log: 'otelcol' });
    copyFileSync(join(root, '.cache/peers/otelcol-build/otelcol'), join(root, output));
  });
}

/** Without the discovery of services, which needs the clients of every cloud. */
async function buildPrometheus() {
  const programs = ['prometheus', 'promtool'];
  const outputs = programs.map((name) => `.cache/peers/${name}`);
  const inputs = ['go.mod', 'go.sum', 'tools.go'].map((name) => `otel-config/prometheus/${name}`);
  await unlessFresh('prometheus', { inputs, outputs }, async () => {
    say('building Prometheus and promtool for the tests (once; about 4 minutes)');
    for (const name of programs) {
      const source = `github.com/prometheus/prometheus/cmd/${name}`;
      await go(['build', '-tags=remove_all_sd', '-o', join(root, '.cache/peers', name), source], {
        cwd: join(root, 'otel-config/prometheus'),
        log: 'prometheus',
      });
    }
  });
}

/** Builds what is missing. Without Go nothing is built, and the tests that need peers are skipped by that name. */
export async function preparePeers() {
  if (!which('go')) return;
  await buildCollector();
  await buildJaeger();
  if (process.env.GOIDSPAN_TEST_FULL === '1') await buildPrometheus();
}

if (process.argv[1] === import.meta.filename) script(preparePeers);
