import type { Actor } from '../../events/entry.ts';
import { momentWords } from './moment-words.ts';
import { cut } from './shown.ts';

/** The facts that are told of an entry: who recorded it, when and why. */
interface Told {
  readonly seq: number;
  readonly type: string;
  /** UTC with milliseconds. */
  readonly time: string;
  readonly by: string;
  readonly authenticated: Actor['authenticated'];
  readonly account?: string;
  readonly reason?: string;
  readonly source?: string;
}

/** An event as one line: `seq 12, 2026-03-01T12:00:00.000Z: PolicyEnacted by sam (os-user), reason "...", source ...`. */
export function originWords({ type, ...told }: Told): string {
  return `${momentWords(told)}: ${type} ${authorWords(told)}`;
}

/**
 * `ada (as sam)`: a name that somebody gave, cut to `nameMax` characters, and the account that gave it, whole. Another name as
 * it is.
 */
export function actorWords({ name, account }: Actor, { nameMax }: { nameMax: number }): string {
  const shown = unmistakable(cut(name, nameMax));
  return account === undefined ? shown : `${shown} (as ${account})`;
}

/** The signs that words about an entry are made of, and the blanks that part the columns of a table. */
const ofWords = /[(),"]|\s\s/;

/** A name of somebody's choice, in quotes where it could pass for a name with words behind it. */
function unmistakable(name: string): string {
  return ofWords.test(name) ? `"${name.replaceAll('"', '\\"')}"` : name;
}

/** `by sam (os-user), reason "...", source ...`; `by ada (as sam)` for a name that the account sam gave. */
export function authorWords({
  by,
  authenticated,
  account,
  reason,
  source,
}: Pick<Told, 'by' | 'authenticated' | 'account' | 'reason' | 'source'>): string {
  return [
    `by ${unmistakable(by)} (${account === undefined ? authenticated : `as ${account}`})`,
    ...(reason === undefined ? [] : [`reason ${JSON.stringify(reason)}`]),
    ...(source === undefined ? [] : [`source ${unmistakable(source)}`]),
  ].join(', ');
}
