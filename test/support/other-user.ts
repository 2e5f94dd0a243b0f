import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { programVariable } from '../../infra/lab/product.ts';
import type { Answer } from './answer-by.ts';
import { root } from './needs.ts';
import { program } from './program.ts';

/** Only root can act as somebody else. Elsewhere the tests that need it are passed over, and say so. */
export const isRoot = root.isMet;

/** The account of nobody: it owns nothing, and is in no group of the files of a test. */
export const nobody = 65_534;

const answered = z.strictObject({ code: z.int(), out: z.string(), err: z.string() });

/** A process of another account, which runs one command line after the other. */
export class OtherUser implements AsyncDisposable {
  readonly #child: ChildProcess;

  constructor() {
    const file = fileURLToPath(new URL('other-user-process.ts', import.meta.url));
    // The home of root is closed to others, and so is whatever it would keep there.
    this.#child = fork(file, {
      uid: nobody,
      gid: nobody,
      cwd: tmpdir(),
      env: { [programVariable]: program },
      execArgv: [],
    });
  }

  async run(...argv: string[]): Promise<Answer> {
    const message = once(this.#child, 'message');
    this.#child.send(argv);
    return answered.parse((await message)[0]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.disconnect();
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
  }
}
