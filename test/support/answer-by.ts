import { join } from 'node:path';
import { z } from 'zod';
import type { run } from '../../src/cli/main.ts';
import type { Io } from '../../src/cli/io.ts';
import { program } from './program.ts';

export interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

type Run = typeof run;

/** What a command line says, where it is run in this process. */
export async function answerBy(runLine: Run, argv: readonly string[]): Promise<Answer> {
  const said = { out: '', err: '' };
  const io: Io = {
    out: ({ text }) => {
      said.out += text;
    },
    err: ({ text }) => {
      said.err += text;
    },
    data: (json) => {
      said.out += json;
    },
    progress: () => undefined,
    errIsTerminal: false,
  };
  const code = await runLine(argv, io);
  return { code, ...said };
}

const builtMain = z.object({ run: z.custom<Run>((value) => typeof value === 'function') });

/** The program as it was built, for a process that has loaded nothing of the sources: it would take seconds to compile them. */
export async function builtRun(): Promise<Run> {
  const main: unknown = await import(join(program, '../../../dist/isoledger.js'));
  return builtMain.parse(main).run;
}
