import { Option } from 'commander';
import { actorNameMax, isPlainLine, reasonMax, sourceMax } from '../../events/free-text.ts';
import { UsageError } from '../runtime/errors.ts';

/** The rest of a sentence about text that no entry may hold; undefined for text that one may. */
type FlawOf = (text: string) => string | undefined;

/** `--reason`, which is recorded. */
export function reasonOption(what: string): Option {
  return recorded(new Option('--reason <text>', what), { most: reasonMax, flawOf: lineFlaw });
}

/** `--source`, which is recorded. */
export function sourceOption(): Option {
  const what = 'where the documents come from; recorded with every event';
  return recorded(new Option('--source <git-ref>', what), { most: sourceMax, flawOf: lineFlaw });
}

/** `--as`, which is recorded. */
export function asOption(): Option {
  const what = 'who does it; recorded beside the account of the operating system, which counts if left out';
  const flawOf: FlawOf = (text) =>
    text.trim() === ''
      ? 'needs a name: leave it out to act as the account of the operating system'
      : lineFlaw(text);
  return recorded(new Option('--as <name>', what), { most: actorNameMax, flawOf });
}

function lineFlaw(text: string): string | undefined {
  return isPlainLine(text)
    ? undefined
    : 'takes text on one line, without control characters and marks that turn the direction of writing';
}

/** An option that refuses, before anything is opened, what no entry may hold. */
function recorded(option: Option, { most, flawOf }: { most: number; flawOf: FlawOf }): Option {
  return option.argParser((text: string) => {
    const flaw =
      text.length > most ? `has at most ${most} characters, this one has ${text.length}` : flawOf(text);
    if (flaw === undefined) return text;
    throw new UsageError(`${option.long ?? ''} ${flaw}`);
  });
}
