import { Addressing } from '../authorised/addressing.ts';
import { Authorisation } from '../authorised/authorisation.ts';
import type { Documents } from '../documents/document-fold.ts';
import type { Question } from './contacts.ts';
import { timeBounds } from './revocation.ts';

/** What documents authorise at an instant. */
export interface AuthorisedThen {
  readonly authorisation: Authorisation;
  readonly addressing: Addressing;
}

export function authorisedAt(documents: Documents, instant: string): AuthorisedThen {
  const authorisation = new Authorisation(documents, instant);
  return { authorisation, addressing: new Addressing(authorisation) };
}

/**
 * What the documents of now authorise at the other times that it may be. Where the ledger is ahead of the clock of whoever asks, it
 * may be any time from that clock's up to the instant; each time bound between the two makes a difference. A finding must hold at
 * all of these times: else it would say of a bound that it has come, and a gap says that nobody can tell.
 */
export function authorisedOtherwise({
  state: { documents },
  instant,
  certainUpTo,
}: Pick<Question, 'state' | 'instant' | 'certainUpTo'>): AuthorisedThen[] {
  if (certainUpTo === undefined || certainUpTo >= instant) return [];
  const bounds = timeBounds(documents.policies.values(), { after: certainUpTo, until: instant });
  // From the last bound on it is as at the instant.
  return [certainUpTo, ...bounds].slice(0, -1).map((time) => authorisedAt(documents, time));
}
