import type { Instant } from '../ledger/instants.ts';
import { canonicalAddress, holdersOf, type Held } from '../verify/holders.ts';
import { say } from '../words/shown.ts';
import type { Io } from './io.ts';
import type { AskedLedger } from './known-at.ts';

/** The ends of a question, some of which were given by address. */
export interface GivenEnds {
  /** The name of the end that a word stands for. */
  readonly nameOf: (word: string) => string;
  readonly held: readonly Held[];
}

/** Finds who holds the addresses among the words for ends. Throws NotOneHolder, and the errors of reading a ledger. */
export async function givenEnds(
  { ledger }: Pick<AskedLedger, 'ledger'>,
  words: readonly (string | undefined)[],
  during: { from: Instant | undefined; to: Instant },
): Promise<GivenEnds> {
  const held = await holdersOf(ledger, words, during);
  const nameOf = (word: string): string =>
    held.find(({ address }) => address === canonicalAddress(word))?.end ?? word;
  return { nameOf, held };
}

/** Says whose the addresses are that were given. */
export function showHeld(io: Io, held: readonly Held[]): void {
  for (const { address, end, endpoint } of held)
    io.out(say`${address} is ${endpoint === null ? 'an address' : `endpoint ${endpoint},`} of ${end}\n`);
}

/** Whose the addresses are, for JSON; nothing if none was given. */
export function heldJson(held: readonly Held[]): { addresses?: readonly Held[] } {
  return held.length === 0 ? {} : { addresses: held };
}
