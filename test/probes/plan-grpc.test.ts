import { describe, expect, test } from 'vitest';
import { openFileSource } from '../../src/binary/file-source.ts';
import { GoBinary } from '../../src/binary/go-binary.ts';
import { families } from '../../src/probes/families.ts';
import { grpcClient } from '../../src/probes/grpc-client.ts';
import { grpcServer } from '../../src/probes/grpc-server.ts';
import type { Hook } from '../../src/probes/hook.ts';
import { type AttachPlan, planAttach } from '../../src/probes/plan.ts';
import type { GoBuild } from '../support/go-build.ts';
import { grpcBuilds } from '../support/grpc-server.ts';
import { buildOrSkip } from '../support/skip.ts';

const timeout = 600_000;
const hooks = [...grpcServer.hooks, ...grpcClient.hooks];
const isOfGrpc = (name: string): boolean => name.startsWith('google.golang.org/grpc');

describe.each(grpcBuilds)('the plan for $name', (build) => {
  test('has every hook and every field of gRPC', { timeout }, async (context) => {
    const plan = planOf(await buildOrSkip(context, build));
    const found = plan.hooks.filter(({ hook }) => hooks.includes(hook));
    expect(found.map(({ missing }) => missing)).toEqual(hooks.map(() => undefined));
    expect(found.flatMap(({ sites }) => sites).filter((site) => site.class !== 'emulated')).toEqual([]);
    const lacking = plan.fields.filter(
      ({ wanted, optional, missing }) => isOfGrpc(wanted) && !optional && missing,
    );
    expect(lacking).toEqual([]);
    expect(Object.keys(plan.addresses).filter(isOfGrpc)).toHaveLength(4);
  });
});

test('a program whose gRPC is not as it is known is traced without it', { timeout }, async (context) => {
  const binary = await buildOrSkip(context, grpcBuilds[0] as GoBuild);
  const source = openFileSource(binary);
  const isKnown = ({ name }: Hook): boolean => name !== 'grpc_client_end';
  const broken = { ...grpcClient, hooks: [...grpcClient.hooks.filter(isKnown), unheardOf] };
  const own = families.map((family) => (family === grpcClient ? broken : family));
  const plan = planAttach(GoBinary.open(source), own);
  const sitesOf = (prefix: string): number =>
    plan.hooks.filter(({ hook }) => hook.name.startsWith(prefix)).flatMap(({ sites }) => sites).length;
  expect([sitesOf('grpc_client_'), sitesOf('grpc_server_') > 0, sitesOf('http_server_') > 0]).toEqual([
    0,
    true,
    true,
  ]);
});

const unheardOf: Hook = {
  name: 'grpc_client_end',
  phase: 'end',
  choices: [{ on: ['google.golang.org/grpc.unheardOf'], rules: [{ at: 'after_stack_check', arg: 0 }] }],
  need: 'required',
  without: 'calls have no end',
};

const planOf = (path: string): AttachPlan => planAttach(GoBinary.open(openFileSource(path)), families);
