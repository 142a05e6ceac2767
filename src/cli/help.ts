/** What `--help` says. Owns texts only. */

const OPTIONS = `\
Options:
      --out FILE.jsonl     write spans as OTLP JSON, one export request a line
      --duration SECONDS   stop after that time
      --summary FILE.json  write the closing summary as JSON
      --service-name NAME  service.name of all targets
      --level LEVEL        how deep to look: spans (the default), waits (where the time of each span went),
                           runtime (and what of it the garbage collector and the slow ways to memory
                           took) or cpu (and where in the code)
      --raise LEVEL        look as deep for a minute when a route has become slow (p99 twice its usual), as
                           far as the budget allows: waits, runtime, cpu or none (the default)
      --waits FORM         from level waits on, waits within spans: spans (the longest as children, the
                           default), events (of the span), attributes (the breakdown only) or none
      --wait-min MS        shortest wait that is a child span (default 1)
      --slow MS            requests that take as long are slow (by default those of 100 ms, and those that are
                           far slower than usual for their route): from level waits on they say why
      --route PATTERN      the route of requests that their program tells none of, as '/users/{id}' or
                           'GET /files/{path...}' (may be repeated); the most specific one that fits is taken
      --profile-hz N       at level cpu, how often each processor is looked at (default 99)
      --keep RULES         keep whole traces of which the root is slow or has failed, and a share of all:
                           slow,error,ratio=0.01, or some of these; the others are dropped
      --budget PART        what probes may take of the processors that the targets may use: above level
                           spans, what takes more is left out until it fits again (default 2%), or none
      --sdk MODE           programs with an OpenTelemetry SDK: join (one trace of its spans and ours, the
                           default), ignore (as if they had none) or off (do not trace them)
      --telemetry-exports  calls that send a program's own telemetry have spans as well
      --db-statement FORM  db.query.text: sanitized (literals replaced by ?, the default), raw or none
      --grpc-health        trace calls of gRPC's own services, health checks and reflection, too
      --page               keep the spans and show them on a page of this host, whose URL is printed;
                           at level cpu with a flame graph of each
      --page-port N        its port (default 7777, or another if that is taken)
      --jaeger-url URL     of a Jaeger that shows the same traces: the page has links to it
      --store DIR          where they are kept (default $XDG_STATE_HOME/goidspan)
      --store-bytes SIZE   how much is kept at most (default 1GiB), the newest
      --store-age TIME     for how long (default 24h)
      --spans-in-jaeger URL  a Jaeger has the spans, too: of those that come only figures and stacks are
                           kept here, and traces are asked there (its page, usually port 16686)
  -v, --verbose            say more: which probes are attached
      --version            print the version
  -h, --help               print this help`;

const ENVIRONMENT = `\
Environment:
  OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_EXPORTER and the other standard variables choose
  where spans go. Without them finished traces are printed as trees.
  GOIDSPAN_LEVEL is what --level is without it, GOIDSPAN_RAISE what --raise is, GOIDSPAN_KEEP what
  --keep is, GOIDSPAN_SDK what --sdk is, and GOIDSPAN_ROUTES, with commas between patterns, what --route is.`;

const EXIT_CODES = `\
Exit codes: 0 success, 1 failure at run time, 2 usage, 3 nothing could be attached.`;

/** Of `goidspan --help`. */
export const HELP = `\
goidspan traces unchanged Go programs from the Linux kernel, as OpenTelemetry spans.

Usage:
  goidspan run [options] -- CMD ARGS…
  goidspan attach (--pid N | --exe GLOB)… [options]
  goidspan serve [options]
  goidspan top (--pid N | --exe GLOB)… [options]
  goidspan record -o FILE (-- CMD ARGS… | (--pid N | --exe GLOB)…) [options]
  goidspan replay FILE [options]
  goidspan open FILE [options]
  goidspan report FILE [--json]
  goidspan diff BEFORE AFTER [--json]
  goidspan profile (FILE | (--pid N | --exe GLOB)…) [options]
  goidspan advise --pid N [--duration SECONDS] [--apply URL] [--json]
  goidspan inspect (BINARY | --pid N) [--json]
  goidspan jaeger-ui-config [--page URL]
  goidspan doctor [--json]

Commands:
  run      start a command and trace it, and the Go programs that it starts
  attach   trace programs that run already, or that will be started
  serve    take spans by OTLP from anybody, keep them, and show them on a page
  top      show what the requests of running programs spend their time on, and what to fix first
  record   trace like run or attach, and keep what the kernel said in a file
  replay   make the spans of a recording again, without privileges
  open     show a recording on a page, without privileges
  report   say of a recording, route by route, what its slow requests waited for, and what to fix first
  diff     say what has changed between two recordings, as before and after a deploy
  profile  say in which functions the time went, on processors and waiting, by request
  advise   measure a program, and say what it should be set to: GOGC, GOMEMLIMIT, GOMAXPROCS, pools
  inspect  say what would be attached where in a program, and what it costs
  jaeger-ui-config
           say what Jaeger's UI must be told so that its spans lead to the page
  doctor   say whether this host can trace, and what to change if not

${OPTIONS}

${ENVIRONMENT}

${EXIT_CODES}
`;

/** Of `goidspan run --help`. */
export const RUN_HELP = `\
Starts a command and traces it from its first instruction, with the Go programs that it starts.

Usage:
  goidspan run [options] -- CMD ARGS…

${OPTIONS}

Signals are passed on to the command. The exit code is that of the command (128+N if signal N ended it);
after --duration the command is ended with SIGTERM, and the exit code is 0.
On a terminal, where requests are printed, the level is cpu by default: slow ones say why.

${ENVIRONMENT}

${EXIT_CODES}
`;

/** Of `goidspan serve --help`. */
export const SERVE_HELP = `\
Takes spans by OTLP from any SDK or collector, keeps them, and shows them on a page: services and routes,
what differs between slow and fast requests, traces, and of spans of goidspan why they were slow.

Usage:
  goidspan serve [options]

Options:
      --host ADDRESS         where to listen (default 127.0.0.1); elsewhere only with a token
      --port N               of the page (default 7777; 0: any that is free)
      --otlp-grpc-port N     of OTLP over gRPC (default 4317)
      --otlp-http-port N     of OTLP over HTTP, protobuf or JSON (default 4318)
      --jaeger-storage       a Jaeger v2 may have its storage here, on the port of gRPC
      --jaeger-url URL       of a Jaeger that shows the same traces: traces and spans have a link to it
      --from-jaeger URL      show the traces that a Jaeger keeps (its page, usually port 16686); nothing
                             is taken and nothing is kept here, and figures over many spans are not known
      --store DIR            where spans are kept (default $XDG_STATE_HOME/goidspan)
      --store-bytes SIZE     how much is kept at most (default 1GiB), the newest
      --store-age TIME       for how long (default 24h)
      --spans-in-jaeger URL  a Jaeger has the spans, too: of those that come only figures and stacks are
                             kept here, and traces are asked there (its page, usually port 16686)
      --token TOKEN          who has it may look and send (authorization: Bearer TOKEN; the page as
                             URL/?token=TOKEN); better as GOIDSPAN_TOKEN, which other users do not see
      --duration SECONDS     stop after that time
      --version              print the version
  -h, --help                 print this help

Ends on SIGINT and SIGTERM. Needs Node 22.13 or newer.

Exit codes: 0 success, 1 failure at run time, 2 usage.
`;

/** Of `goidspan open --help`. */
export const OPEN_HELP = `\
Shows a recording on a page of this host, as \`goidspan run --page\` shows what happens. Needs no privileges.

Usage:
  goidspan open FILE [options]

Options:
      --page-port N        port of the page (default 7777, or another if that is taken)
      --route PATTERN      as when it was recorded (may be repeated)
      --duration SECONDS   stop after that time
      --version            print the version
  -h, --help               print this help

Ends on SIGINT and SIGTERM; nothing is kept. Needs Node 22.13 or newer.

Exit codes: 0 success, 1 failure at run time, also of a damaged recording; 2 usage.
`;

/** Of `goidspan jaeger-ui-config --help`. */
export const JAEGER_UI_CONFIG_HELP = `\
Prints what Jaeger's UI must be told (extensions.jaeger_query.ui.config_file) so that each span of ours
has a link to its page, where it is said why it was slow.

Usage:
  goidspan jaeger-ui-config [--page URL] > ui-config.json

Options:
      --page URL           where the page is, as browsers reach it (default http://127.0.0.1:7777)
      --version            print the version
  -h, --help               print this help

Exit codes: 0 success, 2 usage.
`;

/** Of `goidspan advise --help`. */
export const ADVISE_HELP = `\
Measures a running Go program under its usual load, and says what it should be set to, with the
measurement behind each advice: GOGC, GOMEMLIMIT, GOMAXPROCS, and connections of database/sql pools.

Usage:
  goidspan advise --pid N [--duration SECONDS] [--apply URL] [--json]

Options:
      --pid N              the process
      --duration SECONDS   how long to measure (default 30)
      --apply URL          have it applied by the program itself, if that offers it: by
                           PUT URL?gogc=N&gomemlimit=BYTES&gomaxprocs=N, with what is advised;
                           nothing is ever written into a process
      --json               for programs: what was measured, and the advice
      --version            print the version
  -h, --help               print this help

It attaches at level runtime meanwhile. Where something is not known, nothing is advised that follows from it.

Exit codes: 0 it was measured, whether there is something to advise or not; 1 failure at run time, also
of --apply; 2 usage; 3 nothing could be attached.
`;

/** Of `goidspan attach --help`. */
export const ATTACH_HELP = `\
Traces Go programs that run already, and those that will be started.

Usage:
  goidspan attach (--pid N | --exe GLOB)… [options]

Targets, any number of each:
      --pid N              a process
      --exe GLOB           every process with such an executable, now and later:
                           * within a part of the path, ** across parts, ? one character;
                           without a slash the name of the file is meant
      --same-network       of --exe only those in the network namespace of goidspan: as a sidecar
                           those of its own pod

${OPTIONS}

Ends with the last --pid process, after --duration, or on SIGINT and SIGTERM; with --exe it waits for
more programs.

${ENVIRONMENT}

${EXIT_CODES}
`;

/** Of `goidspan top --help`. */
export const TOP_HELP = `\
Shows what the requests of running programs spend their time on, route by route, over the last minute, and by
how much the slowest hundredth would at best be faster if a cause were gone. The route with most to gain comes
first. Exports nothing.

Usage:
  goidspan top (--pid N | --exe GLOB)… [options]

Targets, any number of each:
      --pid N              a process
      --exe GLOB           every process with such an executable, now and later:
                           * within a part of the path, ** across parts, ? one character;
                           without a slash the name of the file is meant

Options:
      --window SECONDS     over how long (default 60)
      --interval SECONDS   where stdout is no terminal: a table so often (default: each window)
      --duration SECONDS   stop after that time
      --service-name NAME  service.name of all targets
      --level LEVEL        how deep to look: waits, or runtime (the default: the garbage collector, too)
      --route PATTERN      the route of requests that their program tells none of, as '/users/{id}' or
                           'GET /files/{path...}' (may be repeated); the most specific one that fits is taken
      --version            print the version
  -h, --help               print this help

On a terminal the table is drawn anew each second; q or Ctrl-C quits. Otherwise it is written as text. Every
request counts, whatever a sampler says; of very many an even part is looked at, and that is said.

${EXIT_CODES}
`;

/** Of `goidspan record --help`. */
export const RECORD_HELP = `\
Traces a command or processes and keeps what the kernel said, so that goidspan replay makes the same spans.

Usage:
  goidspan record -o FILE [options] -- CMD ARGS…
  goidspan record -o FILE (--pid N | --exe GLOB)… [options]

  -o, --recording FILE     the recording; holds URLs, peers, statements with their literals and resource
                           attributes of the traced processes

${OPTIONS}

Targets, signals and exit codes as of goidspan run and goidspan attach. Prints no traces; with --out or the
environment below spans go there as well.

${ENVIRONMENT}

${EXIT_CODES}
`;

/** Of `goidspan replay --help`. */
export const REPLAY_HELP = `\
Makes the spans of a recording again: the same, ids included. Needs no privileges and not the traced program.

Usage:
  goidspan replay FILE [options]

Options:
      --out FILE.jsonl     write spans as OTLP JSON, one export request a line
      --summary FILE.json  write the closing summary as JSON
      --waits FORM         from level waits on, waits within spans: spans (the longest as children, the
                           default), events (of the span), attributes (the breakdown only) or none
      --slow MS            requests that take as long are slow (by default those of 100 ms, and those that are
                           far slower than usual for their route): from level waits on they say why
      --route PATTERN      the route of requests that their program tells none of, as '/users/{id}' or
                           'GET /files/{path...}' (may be repeated); the most specific one that fits is taken
      --keep RULES         keep whole traces of which the root is slow or has failed, and a share of all:
                           slow,error,ratio=0.01, or some of these; the others are dropped
      --db-statement FORM  db.query.text: sanitized (literals replaced by ?, the default), raw or none
  -v, --verbose            say more: what was attached when it was recorded
      --version            print the version
  -h, --help               print this help

A recording that was cut short is replayed to its last whole batch.

${ENVIRONMENT}

Exit codes: 0 success, 1 failure at run time or not a recording, 2 usage.
`;

/** Of `goidspan report --help`. */
export const REPORT_HELP = `\
Says of a recording what the requests of each route spent their time on, the slow ones above all, and by how much the slowest
hundredth would at best be faster if a cause were gone. The route with most to gain comes first.

Usage:
  goidspan report FILE [--route PATTERN]… [--json]

Options:
      --route PATTERN      the route of requests that their program tells none of, as '/users/{id}' or
                           'GET /files/{path...}' (may be repeated); the most specific one that fits is taken
      --json               as JSON, for programs; times in nanoseconds
      --version            print the version
  -h, --help               print this help

The recording must have been made at level waits or deeper: goidspan record --level waits -o FILE …

Exit codes: 0 success, 1 failure at run time or not such a recording, 2 usage.
`;

/** Of `goidspan diff --help`. */
export const DIFF_HELP = `\
Says which routes have become slower or faster between two recordings, and by which cause; only what is more than what so few
requests vary by. Where both were made at level cpu, it also says in which functions requests spend more or less, on a processor
and waiting.

Usage:
  goidspan diff BEFORE AFTER [--route PATTERN]… [--json]

Options:
      --route PATTERN      the route of requests that their program tells none of, as '/users/{id}' or
                           'GET /files/{path...}' (may be repeated); the most specific one that fits is taken
      --json               as JSON, for programs; times in nanoseconds
      --version            print the version
  -h, --help               print this help

Both must have been made at level waits or deeper: goidspan record --level waits -o FILE …

Exit codes: 0 success, 1 failure at run time or not such a recording, 2 usage.
`;

/** Of `goidspan profile --help`. */
export const PROFILE_HELP = `\
Says in which functions the time of Go programs went: on processors, and waiting where that was in a span
and long. Each sample says of which trace, span, goroutine and route it is, and what it counts as.

Usage:
  goidspan profile (--pid N | --exe GLOB)… [options]
  goidspan profile FILE [options]

What is profiled:
      --pid N              a process (may be repeated)
      --exe GLOB           every process with such an executable, as of goidspan attach
      FILE                 what was recorded: goidspan record --level cpu -o FILE …
      --route ROUTE        only requests of a route: 'GET /items/{id}', or /items/{id}
      --trace ID           only that trace
      --span ID            only that span, and what is within it in the same process

Of processes:
      --duration SECONDS   for so long (default 10)
      --hz N               look at each processor so often in a second (default 99; 499 of a route, a trace or
                           a span)
      --wait-min MS        shortest wait that counts (default 1)
      --go-profile URL     take Go's own CPU profile meanwhile and lay it beside this one: where the program
                           serves net/http/pprof, as host:port or as a whole URL; with one --pid
      --service-name NAME  service.name of all targets

Output:
  -o, --output FILE        where to write; - is stdout, which is the default where that is no terminal; else
                           SERVICE-TIME.pb.gz (or the like) in this directory
      --format FORMAT      pprof (the default; for go tool pprof), speedscope, folded (for flame graphs) or
                           chrome (moment by moment, for Perfetto and chrome://tracing)
      --value VALUE        what the table tells, and folded stacks: cpu (the default) or wait
  -v, --verbose            say more: which probes are attached
      --version            print the version
  -h, --help               print this help

Environment:
  OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_EXPORTER and the other standard variables: the spans of that
  time go there as well. GOIDSPAN_ROUTES are routes of requests that their program tells none of, as those of
  --route of goidspan attach, with commas between them.

Exit codes: 0 success, 1 failure at run time or no sample, 2 usage, 3 nothing could be attached, or not as
deep.
`;

/** Of `goidspan inspect --help`. */
export const INSPECT_HELP = `\
Says what goidspan would attach where in a Go program, what a hit costs, and what is lost where it cannot.

Usage:
  goidspan inspect (BINARY | --pid N) [--json]

Options:
      --pid N              the program that this process runs
      --json               as JSON, for programs
      --version            print the version
  -h, --help               print this help

Attaches nothing and needs no privileges beyond reading the file.

Exit codes: 0 it can be traced, 2 usage, 3 it cannot be traced.
`;

/** Of `goidspan doctor --help`. */
export const DOCTOR_HELP = `\
Says whether this host can trace, by trying: loads tiny programs into the kernel and attaches one to itself.

Usage:
  goidspan doctor [--json]

Options:
      --json               as JSON, for programs
      --version            print the version
  -h, --help               print this help

Exit codes: 0 all is well, 1 something works less well, 2 usage, 3 tracing is impossible.
`;
