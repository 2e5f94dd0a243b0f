import { withoutCredentials } from '../runtime/credentials.ts';

/** The values that an option can have. */
interface Values {
  readonly fitting: RegExp;
  /** In words; left out where any text is taken. */
  readonly words?: string;
}

const ledgerName = { fitting: /^[a-z0-9-]{1,63}$/, words: 'a-z, 0-9 and -, from 1 to 63 of them' };
const wholeNumber = { fitting: /^-?\d{1,9}$/, words: 'a whole number' };
const isOrNot = { fitting: /^(?:true|false)$/, words: 'true or false' };
const preference = {
  fitting: /^(?:random|leader|follower|read_?only_?replica)$/i,
  words: 'leader, follower, read_only_replica or random',
};
/** A file's name is no secret, and whoever misspelt it has to see it. */
const file = { fitting: /^[^?]+$/ };
/** Any text, which is not shown. */
const text = { fitting: /^(?!)/ };

/** The options of a server's URL that there are: `ledger`, and those of the client. A value that does not fit is not shown. */
export const urlOptions: Readonly<Record<string, Values>> = {
  ledger: ledgerName,
  connectionName: text,
  defaultDeadline: wholeNumber,
  discoveryInterval: wholeNumber,
  dnsDiscover: isOrNot,
  gossipTimeout: wholeNumber,
  keepAliveInterval: wholeNumber,
  keepAliveTimeout: wholeNumber,
  maxDiscoverAttempts: wholeNumber,
  nodePreference: preference,
  throwOnAppendFailure: isOrNot,
  tls: isOrNot,
  tlsCAFile: file,
  tlsVerifyCert: isOrNot,
  userCertFile: file,
  userKeyFile: file,
};

/** What stands in a URL behind its scheme, apart. */
export interface UrlParts {
  /** With `://`; empty where there is none. */
  readonly scheme: string;
  readonly hosts: string;
  /** The text behind the `?`. A `?` in a password does not count. */
  readonly query: string;
  /** What is taken for user and password, and stands before the hosts. */
  readonly cut: string;
}

/** Cuts user and password away, up to the first `@` with only hosts and options behind it: a password may hold any sign. */
export function partsOf(url: string): UrlParts {
  const [scheme = ''] = /^[a-z][a-z0-9+.-]*:\/\//i.exec(url) ?? [];
  const rest = url.slice(scheme.length);
  const [, fitting] = /^[^]*?@([^@?]*(?:\?[^?]*)?)$/.exec(rest) ?? [];
  const [hosts = '', ...query] = (fitting ?? rest.slice(rest.lastIndexOf('@') + 1)).split('?');
  const cut = rest.slice(0, rest.length - [hosts, ...query].join('?').length);
  return { scheme, hosts, query: query.join('?'), cut };
}

/**
 * A URL as it may be shown: without user and password, whatever signs are in them, also if it cannot be used. What is no host,
 * no port and no known option with a value that it can have may be a password in the wrong place, so it is hidden.
 */
export function withoutSecrets(url: string): string {
  const { scheme, hosts, query, cut } = partsOf(url);
  if (/[?&]\w*=/.test(cut) || query.split('&').some(isHalfAPassword)) return `${scheme}...`;
  const shownHosts = scheme === '' ? withoutRest(hosts, path) : hosts.split(',').map(shownHost).join(',');
  return `${scheme}${shownHosts}${query === '' ? '' : `?${shownOptions(query)}`}`;
}

/** With an `@` where none belongs, what seems to be the hosts may be the middle of a password. */
function isHalfAPassword(option: string): boolean {
  const [key = ''] = option.split('=');
  return option.includes('@') && urlOptions[key] !== file;
}

const host = /^[\w.-]*(?:(?::\d{0,5})?\/*$)?/;
/** Without a scheme it is most likely the path of a file. */
const path = /^[^:?@]*:?/;

function shownHost(one: string): string {
  return withoutRest(one, host);
}

function withoutRest(whole: string, shown: RegExp): string {
  const [begin = ''] = shown.exec(whole) ?? [];
  if (begin === whole) return whole;
  return `${begin}${whole.startsWith(':', begin.length) ? ':' : ''}...`;
}

function shownOptions(query: string): string {
  return query.split('&').map(shownOption).join('&');
}

function shownOption(option: string): string {
  const [key = '', ...rest] = option.split('=');
  const values = Object.hasOwn(urlOptions, key) ? urlOptions[key] : undefined;
  if (values === undefined) return option === '' ? '' : '...';
  const value = rest.join('=');
  return `${key}=${value === '' || values.fitting.test(value.trim()) ? value : '...'}`;
}

/** A URL in a text, up to the signs that end a quotation or a sentence; none with an empty host, as of a file. */
const urlInText = /[a-z][a-z0-9+.-]*:\/\/(?!\/|USER:PASSWORD@|HOST:PORT)\S*?(?=['":;,.?)\]}]*(?:\s|$))/gi;

/** Text that may quote URLs, without what may not be shown of them. A form in words stays. */
export function textWithoutSecrets(words: string): string {
  // A password with blanks goes while it is whole: what stands before the first of them is no URL of its own.
  return withoutCredentials(words).replaceAll(urlInText, withoutSecrets);
}
