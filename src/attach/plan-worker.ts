/** The planning thread: reads a program and plans it. */
import { parentPort } from 'node:worker_threads';
import { openFileSource } from '../binary/file-source.ts';
import { GoBinary } from '../binary/go-binary.ts';
import { GoidspanError } from '../errors.ts';
import { planProgram } from './plan-program.ts';
import type { PlanAnswer, PlanQuestion } from './planner.ts';

const port = parentPort as NonNullable<typeof parentPort>;

port.on('message', (question: PlanQuestion) => port.postMessage(answer(question)));

function answer({ id, path, options }: PlanQuestion): PlanAnswer {
  try {
    const source = openFileSource(path);
    try {
      return { id, plan: planProgram(GoBinary.open(source), options) };
    } finally {
      source.close();
    }
  } catch (error) {
    // Of an error only the message crosses between threads by itself.
    return error instanceof GoidspanError
      ? { id, refusal: { code: error.code, message: error.message } }
      : { id, failure: error as Error };
  }
}
