import { Option } from 'commander';
import { actorNameMax, isBlank, isPlainLine, reasonMax, sourceMax } from '../../events/free-text.ts';
import { UsageError } from '../runtime/errors.ts';

/** `--reason`, which is recorded. */
export function reasonOption(what: string, { isNeeded = false } = {}): Option {
  const option = recorded(new Option('--reason <text>', what), {
    most: reasonMax,
    blank: `needs a reason that says something${isNeeded ? '' : ', or leave it out'}`,
  });
  return option.makeOptionMandatory(isNeeded);
}

/** `--source`, which is recorded. */
export function sourceOption(): Option {
  const what = 'where the documents come from; recorded with every event';
  return recorded(new Option('--source <git-ref>', what), {
    most: sourceMax,
    blank: 'needs a place: leave it out if none is to be recorded',
  });
}

/** `--as`, which is recorded. */
export function asOption(): Option {
  const what = 'who does it; recorded beside the account of the operating system, which counts if left out';
  const blank = 'needs a name: leave it out to act as the account of the operating system';
  return recorded(new Option('--as <name>', what), { most: actorNameMax, blank });
}

/**
 * An option that refuses, before anything is opened, what no entry may hold. `blank` is the rest of the sentence about
 * a text that says nothing: it would stand in the ledger as if something had been said.
 */
function recorded(option: Option, of: { most: number; blank: string }): Option {
  return option.argParser((given: string) => {
    // Blanks around it are a slip of a script: an actor must not become another one by them.
    const text = given.trim();
    const flaw = flawOf(text, of);
    if (flaw === undefined) return text;
    throw new UsageError(`${option.long ?? ''} ${flaw}`);
  });
}

function flawOf(text: string, { most, blank }: { most: number; blank: string }): string | undefined {
  if (text.length > most)
    return `has at most ${most} characters, this one has ${text.length} (as UTF-16 counts them)`;
  if (!isPlainLine(text))
    return 'takes text on one line, without control characters and marks that turn the direction of writing';
  return isBlank(text) ? blank : undefined;
}
