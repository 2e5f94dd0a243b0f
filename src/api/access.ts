import { createHash, timingSafeEqual } from 'node:crypto';
import { Unanswered } from './problem.ts';

/** Who may ask. */
export interface Access {
  /** What whoever asks has to show, if anything. */
  readonly token: string | undefined;
  /** Only this machine reaches the address. */
  readonly isLoopback: boolean;
}

const ownNames = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Throws Unanswered for a request that nobody is to answer. */
export function requireAccess(
  { token, isLoopback }: Access,
  { host, authorization }: { host: string | undefined; authorization: string | undefined },
): void {
  if (token !== undefined) {
    const [, shown] = /^bearer +(\S+)$/i.exec(authorization ?? '') ?? [];
    if (shown !== undefined && isSame(shown, token)) return;
    throw new Unanswered('the request is to show the token: Authorization: Bearer TOKEN', {
      ...{ code: 'NotAuthorized', status: 401, title: 'Who asks is not known' },
    });
  }
  // A page of another site that a browser of this machine shows may have its name lead here.
  if (isLoopback && !isOwnName(host))
    throw new Unanswered('without a token this address answers to localhost alone', {
      ...{ code: 'OtherHost', status: 421, title: 'The request is for another host' },
    });
}

function isOwnName(host: string | undefined): boolean {
  const name = host?.replace(/:\d+$/, '').toLowerCase() ?? '';
  return ownNames.has(name) || /^127(\.\d{1,3}){3}$/.test(name);
}

/** Takes as long whether it is right or not. */
function isSame(one: string, other: string): boolean {
  const [first, second] = [one, other].map((text) => createHash('sha256').update(text).digest());
  return first !== undefined && second !== undefined && timingSafeEqual(first, second);
}
