/** What `--help` says. Owns texts only. */

const OPTIONS = `\
Options:
      --out FILE.jsonl     write spans as OTLP JSON, one export request a line
      --duration SECONDS   stop after that time
      --summary FILE.json  write the closing summary as JSON
      --service-name NAME  service.name of all targets
  -v, --verbose            say more: which probes are attached
      --version            print the version
  -h, --help               print this help`;

const ENVIRONMENT = `\
Environment:
  OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_EXPORTER and the other standard variables choose
  where spans go. Without them finished traces are printed as trees.`;

const EXIT_CODES = `\
Exit codes: 0 success, 1 failure at run time, 2 usage, 3 nothing could be attached.`;

/** Of `goidspan --help`. */
export const HELP = `\
goidspan traces unchanged Go programs from the Linux kernel, as OpenTelemetry spans.

Usage:
  goidspan run [options] -- CMD ARGS…
  goidspan attach (--pid N | --exe GLOB)… [options]

Commands:
  run      start a command and trace it, and the Go programs that it starts
  attach   trace programs that run already, or that will be started

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

${ENVIRONMENT}

${EXIT_CODES}
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

${OPTIONS}

Ends with the last --pid process, after --duration, or on SIGINT and SIGTERM; with --exe it waits for
more programs.

${ENVIRONMENT}

${EXIT_CODES}
`;
