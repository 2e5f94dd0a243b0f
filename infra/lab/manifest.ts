import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { reasonOf } from '../../src/runtime/system-reason.ts';
import { LabUnavailable } from './faults.ts';

const mark = { pid: z.int().min(1), startTicks: z.string() };

/**
 * A line of a lab's manifest. Each thing stands there before it is made; what can only be known of it afterwards (`made`,
 * `started`) follows. So whatever was made is named, wherever the lab was killed.
 */
const manifestLine = z.discriminatedUnion('line', [
  /** The first one: who builds it, and the token in the environment of every process that it starts. */
  z.strictObject({ line: z.literal('lab'), token: z.string().min(16), ...mark }),
  z.strictObject({ line: z.literal('namespace'), namespace: z.string() }),
  z.strictObject({ line: z.literal('namespace-made'), namespace: z.string(), inode: z.int() }),
  /** A folder outside of the lab's own. */
  z.strictObject({ line: z.literal('folder'), folder: z.string() }),
  /** Such a folder, made or found empty, into which a host's switch puts its sockets. */
  z.strictObject({ line: z.literal('run-folder'), folder: z.string() }),
  z.strictObject({ line: z.literal('daemon-started'), host: z.string(), daemon: z.string(), ...mark }),
  /** The last one of an `up` that came to its end. */
  z.strictObject({ line: z.literal('up') }),
]);
export type ManifestLine = z.infer<typeof manifestLine>;
export type LineOf<Kind extends ManifestLine['line']> = Extract<ManifestLine, { line: Kind }>;

/** The manifest of a lab: lines of JSON in its folder. */
export class Manifest {
  readonly path: string;

  constructor(labFolder: string) {
    this.path = join(labFolder, 'manifest.jsonl');
  }

  /** Written down when it returns. */
  write(...lines: readonly ManifestLine[]): void {
    appendFileSync(this.path, lines.map((each) => `${JSON.stringify(each)}\n`).join(''), { mode: 0o600 });
  }

  /** All lines. A last one without an end was being written when the lab was killed: what it names was not made. */
  read(): ManifestLine[] {
    const whole = textOf(this.path).split('\n').slice(0, -1);
    return whole.map((text, index) => {
      try {
        return manifestLine.parse(JSON.parse(text));
      } catch {
        throw new LabUnavailable(`${this.path}, line ${String(index + 1)}, is not what a lab writes`);
      }
    });
  }

  of<Kind extends ManifestLine['line']>(kind: Kind): LineOf<Kind>[] {
    return this.read().filter((each): each is LineOf<Kind> => each.line === kind);
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw new LabUnavailable(`${path} cannot be read: ${reasonOf(error)}`);
  }
}
