/** A {@link ScriptedSink} as a process: see `sink-process.ts`, which starts it. */
import { createInterface } from 'node:readline';
import { ScriptedSink, type SinkAnswer } from './scripted-sink.ts';
import type { SinkProcessOptions, SinkReport } from './sink-process.ts';

const { answers: first = [], forgets, ...options } = JSON.parse(process.argv[2] ?? '') as SinkProcessOptions;
let answers = first;
let asked = 0;

const sink = await ScriptedSink.start({
  ...options,
  script: (): SinkAnswer => {
    if (forgets) {
      sink.requests.length = 0;
      sink.acceptedIds.clear();
    }
    return answers[Math.min(asked++, answers.length - 1)] ?? 'accept';
  },
});
process.stdout.write(`listening ${sink.url}\n`);

createInterface({ input: process.stdin }).on('line', (line) => {
  if (line !== '') {
    answers = JSON.parse(line) as SinkAnswer[];
    asked = 0;
  }
  const report: SinkReport = { spans: sink.acceptedSpans, distinct: sink.acceptedIds.size, asked };
  process.stdout.write(`report ${JSON.stringify(report)}\n`);
});
