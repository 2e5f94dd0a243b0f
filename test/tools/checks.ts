import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { text } from 'node:stream/consumers';

/** Scripts of package.json that look at the text of the code and run none of it. The longest comes first: it decides how long all take. */
const checks = ['lint', 'typecheck', 'format:check', 'deadcode', 'imports'];

/** Runs one, and prints what it says once it has ended, so that nothing of another stands between. True if it passed. */
async function passes(check: string): Promise<boolean> {
  const child = spawn('npm', ['run', check], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  process.stdout.write(`${out}${err}`);
  return child.exitCode === 0;
}

/** Most of a check runs on one core: each core takes the next one that is left. All run, also where one fails. */
const left = checks.values();
const lanes = Array.from({ length: availableParallelism() }, async () => {
  const failed: string[] = [];
  for (const check of left) if (!(await passes(check))) failed.push(check);
  return failed;
});
const failed = (await Promise.all(lanes)).flat();
if (failed.length > 0) {
  process.stdout.write(`\nchecks that failed: ${failed.join(', ')}\n`);
  process.exitCode = 1;
}
