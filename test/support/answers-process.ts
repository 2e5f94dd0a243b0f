import { z } from 'zod';
import { answerBy, builtRun } from './answer-by.ts';

/** Gives the command lines of its one argument, JSON, one after the other, and prints their answers: a line of JSON each. */
const [lines = '[]'] = process.argv.slice(2);
const run = await builtRun();
for (const argv of z.array(z.array(z.string())).parse(JSON.parse(lines)))
  process.stdout.write(`${JSON.stringify(await answerBy(run, argv))}\n`);
