import { z } from 'zod';
import { answerBy, builtRun } from './answer-by.ts';

const running = builtRun();

/** Runs the command lines that come as messages, and answers with what they said. It ends with its parent. */
process.on('message', (message: unknown) => {
  const argv = z.array(z.string()).parse(message);
  void running.then((run) => answerBy(run, argv)).then((answer) => process.send?.(answer));
});
