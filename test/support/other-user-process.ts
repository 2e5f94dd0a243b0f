import { z } from 'zod';
import { answerTo } from './command-line.ts';

/** Runs the command lines that come as messages, and answers with what they said. It ends with its parent. */
process.on('message', (message: unknown) => {
  void answerTo(z.array(z.string()).parse(message)).then((answer) => process.send?.(answer));
});
