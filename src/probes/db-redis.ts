/** Commands, pipelines and transactions of go-redis v9, whatever the client. */

import type { ArgumentRegister } from '../binary/instruction.ts';
import type { Hook, ProbeFamily, SiteRule } from './hook.ts';

const redis = 'github.com/redis/go-redis/v9';
const client = `${redis}.(*baseClient)`;
const attempt = `${client}._process`;
const withPipelineConn = `${client}.withPipelineConn`;
/** What takes a connection for an attempt, and in later versions for one of a pipeline; the variants are by this order. */
const takers = [`${client}.withConn`, withPipelineConn];
const getConn = `${client}.getConn`;
const sleep = `${redis}/internal.Sleep`;
/** A pipeline, by version. */
const pipelines = [`${client}.generalProcessPipelineFrom`, `${client}.generalProcessPipeline`];
/** What a cluster does for each of its nodes. */
const nodes = [
  `${redis}.(*ClusterClient).processPipelineNode.func1`,
  `${redis}.(*ClusterClient).processTxPipelineNode.func1`,
];

/** Once per call, with the arguments. */
const entry = (arg: ArgumentRegister): readonly SiteRule[] => [
  { at: 'after_stack_check', arg },
  { at: 'stack_check_branch', arg },
];

/**
 * `func (c *baseClient) _process(ctx context.Context, cmd Cmder, attempt int, …) (retry bool, …)`: `arg` holds the data word of
 * `cmd`, `attempt` comes behind.
 */
const start: Hook = {
  name: 'db_redis_start',
  phase: 'start',
  choices: [{ on: [attempt], rules: entry(4) }],
  need: 'required',
  without: 'commands to Redis are not traced',
};

/** What tries a pipeline, `func(ctx context.Context, cmds []Cmder, …) error`: `arg` holds `cmds`. */
const pipeline: Hook = {
  name: 'db_redis_pipeline',
  phase: 'start',
  choices: [{ on: pipelines, rules: entry(3) }],
  need: 'optional',
  without: 'the program uses no pipelines, or they are not traced',
};

/** What a cluster does for each node with what is for it, `func(ctx context.Context, cmds []Cmder) error`: `arg` holds `cmds`. */
const node: Hook = {
  name: 'db_redis_node',
  phase: 'start',
  sites: 'each',
  choices: nodes.map((on) => ({ on: [on], rules: entry(2) })),
  need: 'optional',
  without: 'the program uses no pipelines of a cluster, or they are not traced',
};

/** Where it gets a connection of the node: `arg` holds the `*baseClient`. */
const nodeKnown: Hook = {
  name: 'db_redis_node_known',
  phase: 'during',
  sites: 'each',
  choices: nodes.flatMap((on) =>
    [withPipelineConn, getConn].map((of) => ({ on: [on], rules: [{ at: 'call', of, arg: 0 }] }) as const),
  ),
  need: 'optional',
  without: 'the program uses no pipelines of a cluster, or they do not tell which node they are for',
};

/**
 * What takes a connection of a pool for an attempt defers what gives it back: a closure, `func()`, entered once per attempt that has
 * got one, with its error among what it has captured. `arg` means nothing.
 */
const returned: Hook = {
  name: 'db_redis_returned',
  phase: 'end',
  sites: 'each',
  choices: takers.map((on, variant) => ({ on: [`${on}.func1`], variant, rules: entry(0) })),
  need: 'required',
  without: 'commands to Redis have no end',
};

/** Where it returns without one: `arg` holds the error. */
const unconnected: Hook = {
  name: 'db_redis_unconnected',
  phase: 'end',
  sites: 'each',
  choices: takers.map((on) => ({ on: [on], rules: [{ at: 'returns_without_call', arg: 0 }] })),
  need: 'required',
  without: 'commands to Redis that get no connection have no end',
};

/**
 * What keeps a connection for the commands of many (go-redis ≥ 9.23), where it is given back: `releaseConn(ctx, cn, err)` and
 * `releaseConnToPool(ctx, p, cn, err)`. `arg` holds `cn`.
 */
const lent: Hook = {
  name: 'db_redis_lent',
  phase: 'during',
  sites: 'each',
  choices: [
    {
      on: [`${redis}.(*cscMissCoalescer).runFullDuplexSession`],
      rules: [{ at: 'calls', of: `${client}.releaseConn`, arg: 3 }],
    },
    {
      on: [`${redis}.(*fdEngine).attempt.func1.1`],
      rules: [{ at: 'calls', of: `${client}.releaseConnToPool`, arg: 5 }],
    },
  ],
  need: 'optional',
  without:
    'the program keeps no connections to Redis for the commands of many, or their bytes are told of others',
};

/** `Sleep(ctx context.Context, dur time.Duration) error` before one more attempt of a pipeline. `arg` means nothing. */
const retry: Hook = {
  name: 'db_redis_retry',
  phase: 'during',
  sites: 'each',
  choices: pipelines.map((on) => ({ on: [on], rules: [{ at: 'call', of: sleep, arg: 0 }] })),
  need: 'optional',
  without: 'the program uses no pipelines, or those that are tried again end with their first attempt',
};

/** Its error, also before one more of a command: `arg` holds it. */
const giveUp: Hook = {
  name: 'db_redis_give_up',
  phase: 'end',
  sites: 'each',
  choices: [attempt, ...pipelines].map((on) => ({
    on: [on],
    rules: [{ at: 'branch_after_call', of: sleep, arg: 0, and: [1] }],
  })),
  need: 'optional',
  without: 'what is no longer tried because its context has ended does not tell that',
};

/**
 * Before go-redis used `withPipelineConn` for nodes: in what it defers, `releaseConn(ctx, cn, err)`, and without a connection
 * `setCmdsErr(cmds, err)`, which the variant tells apart. `arg` holds `err`.
 */
const release: Hook = {
  name: 'db_redis_release',
  phase: 'end',
  sites: 'each',
  choices: nodes.flatMap((on) => [
    {
      on: [`${on}.1`],
      unless: withPipelineConn,
      variant: 1,
      rules: [{ at: 'call', of: `${client}.releaseConn`, arg: 4 }],
    },
    { on: [on], unless: withPipelineConn, rules: [{ at: 'call', of: `${redis}.setCmdsErr`, arg: 3 }] },
  ]),
  need: 'optional',
  without: 'the program uses no pipelines of a cluster, or they have no end',
};

export const dbRedis: ProbeFamily = {
  name: 'db_redis',
  level: 'spans',
  need: 'library',
  isLate: true,
  makes: { family: 'db', spanKind: 'client' },
  hooks: [start, pipeline, node, nodeKnown, returned, unconnected, lent, retry, giveUp, release],
  reads: ['db', 'net', 'redis'],
};
