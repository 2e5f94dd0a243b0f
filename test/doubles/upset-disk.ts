import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { Sink } from '../../src/siem/sinks/port.ts';

/** What a file sink has written, with what was set aside, and what befalls its disk. */
export type DiskTrouble =
  | 'is moved away by somebody'
  | 'has its folder away for a while'
  | 'ends in half a line'
  | 'is a folder for a while';

const line = z.looseObject({ sequence: z.string().exactOptional() });

/** The events in a text of lines, each of which must be whole. */
export function seqsIn(text: string): number[] {
  expectWholeLines(text);
  return text
    .split('\n')
    .slice(0, -1)
    .flatMap((each) => {
      const { sequence } = line.parse(JSON.parse(each));
      return sequence === undefined ? [] : [Number(sequence)];
    });
}

function expectWholeLines(text: string): void {
  if (text !== '' && !text.endsWith('\n')) throw new Error(`half a line: ${text.slice(-80)}`);
}

/** All files of a sink, in the order in which they were written. */
export function textOfFiles(path: string): string {
  const folder = dirname(path);
  const aside = readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((each) => each.startsWith(`${path}.`))
    .sort();
  return [...aside, ...(existsSync(path) ? [path] : [])].map((each) => readFileSync(each, 'utf8')).join('');
}

/** As a sink names what it sets aside. */
function lastIn(path: string): string {
  return String(seqsIn(readFileSync(path, 'utf8')).at(-1) ?? 0).padStart(12, '0');
}

/** A sink to which a trouble comes before each delivery, and goes with the next. */
export function upsetDisk(sink: Sink, path: string, course: readonly (DiskTrouble | 'well')[]): Sink {
  const left = [...course];
  const folder = dirname(path);
  let moved = 0;
  let mend = (): void => undefined;
  const trouble = (): void => {
    mend();
    mend = () => undefined;
    switch (left.shift()) {
      case 'is moved away by somebody':
        moved += 1;
        if (existsSync(path))
          renameSync(path, `${path}.${lastIn(path)}-moved-${String(moved).padStart(3, '0')}`);
        return;
      case 'has its folder away for a while':
        renameSync(folder, `${folder}-away`);
        mend = () => {
          renameSync(`${folder}-away`, folder);
        };
        return;
      case 'ends in half a line':
        appendFileSync(path, '{"half": "a l');
        return;
      case 'is a folder for a while':
        if (existsSync(path)) renameSync(path, `${path}-aside`);
        mkdirSync(path);
        mend = () => {
          rmSync(path, { recursive: true });
          if (existsSync(`${path}-aside`)) renameSync(`${path}-aside`, path);
        };
        return;
      case 'well':
      case undefined:
    }
  };
  return {
    limits: { ...sink.limits, entriesMax: 7 },
    deliver: async (entries, signal) => {
      trouble();
      await sink.close();
      return sink.deliver(entries, signal);
    },
    beat: (beat, signal) => sink.beat(beat, signal),
    close: async () => {
      mend();
      mend = () => undefined;
      await sink.close();
    },
  };
}
