import { X509Certificate } from 'node:crypto';
import { BadConfig } from '../../runtime/config.ts';
import { readGivenFile } from '../../runtime/given-file.ts';

/** A ledger URL that was checked without asking a server. */
export interface LedgerUrl {
  /** The URL as it may be shown. */
  readonly shown: string;
  /** The URL as the client takes it. */
  readonly forClient: string;
  /** The name of the ledger on its server; undefined for the ledger without a name. */
  readonly name: string | undefined;
}

/** The option `ledger=NAME` is ours and not the client's, for a server with several ledgers. */
const ledgerOption = 'ledger';

/** The options of the client. It ignores any other option, with a warning that shows the whole URL. */
const clientOptions = [
  ...['connectionName', 'defaultDeadline', 'discoveryInterval', 'dnsDiscover', 'gossipTimeout'],
  ...[
    'keepAliveInterval',
    'keepAliveTimeout',
    'maxDiscoverAttempts',
    'nodePreference',
    'throwOnAppendFailure',
  ],
  ...['tls', 'tlsCAFile', 'tlsVerifyCert', 'userCertFile', 'userKeyFile'],
] as const;

/** Options that name a file, and the content that it must have. The client does not say which file it misses. */
const files = {
  tlsCAFile: "the certificate of the servers' authority",
  userCertFile: 'the certificate of a user',
  userKeyFile: "the key of that user's certificate",
} as const;

const form =
  'it has the form esdb://USER:PASSWORD@HOST:PORT?OPTIONS, with @, : and ? of user and password encoded (%40, %3A, %3F)';

/**
 * Checks a ledger URL. Throws BadConfig for a URL that the client would misread; an option that is unknown or given
 * twice; a name with other signs than a-z, 0-9 and `-`; a file that is missing; an option by which a conflict would
 * go unnoticed.
 */
export function readLedgerUrl(url: string): LedgerUrl {
  const shown = withoutSecrets(url);
  const options = optionsOf(url);
  const problem = problemWith(url, options);
  if (problem !== undefined) throw new BadConfig(`${shown}: ${problem}`);
  const name = new Map(options).get(ledgerOption);
  return { shown, forClient: withoutLedger(url, options), name };
}

type Options = readonly (readonly [key: string, value: string])[];

function problemWith(url: string, options: Options): string | undefined {
  if (!/^esdb(?:\+discover)?:\/\/(?:[^:]+:[^@]+@)?[^@?]+(?:\?[^?]*)?$/.test(url))
    return `it cannot be read; ${form}`;
  for (const [index, [key]] of options.entries()) {
    if (![...clientOptions, ledgerOption].includes(key))
      return `there is no option ${key}; there are ${[ledgerOption, ...clientOptions].join(', ')}`;
    if (options.findIndex(([other]) => other === key) < index) return `${key} is given twice`;
  }
  const given = new Map(options);
  if (given.get('throwOnAppendFailure') === 'false')
    return 'throwOnAppendFailure must stay true, leave it out';
  // In the client this option only prints a warning that shows the whole URL.
  if (given.get('tlsVerifyCert') === 'false')
    return "the server's certificate is always looked at: leave tlsVerifyCert out, and name tlsCAFile";
  if (!/^[a-z0-9-]{1,63}$/.test(given.get(ledgerOption) ?? 'none'))
    return 'ledger=NAME takes a-z, 0-9 and -, from 1 to 63 of them';
  return problemWithFiles(given);
}

function problemWithFiles(given: ReadonlyMap<string, string>): string | undefined {
  for (const [option, holds] of Object.entries(files)) {
    const value = given.get(option);
    const isCertificate = option !== 'userKeyFile';
    const problem = value === undefined ? undefined : problemWithFile(decoded(value), { isCertificate });
    if (problem !== undefined) return `${option} is to name a file with ${holds}: ${problem}`;
  }
  return undefined;
}

/** The client's complaint about a URL. It quotes a part of the URL; if that part may not be shown, the words are ours. */
export function wordsOn(cause: unknown, { shown }: Pick<LedgerUrl, 'shown'>): string {
  if (!(cause instanceof Error)) return `it cannot be read; ${form}`;
  const [, quoted = ''] = /^Unexpected "([^]*)" at position/.exec(cause.message) ?? [];
  return shown.includes(quoted) ? cause.message : `it cannot be read; ${form}`;
}

/** Undefined if the file can be read, and holds a certificate where it must. */
function problemWithFile(path: string, { isCertificate }: { isCertificate: boolean }): string | undefined {
  const given = readGivenFile(path);
  if (!('bytes' in given))
    return given.isMissing ? `there is no file ${path}` : `${path} cannot be read: ${given.problem}`;
  try {
    if (isCertificate) new X509Certificate(given.bytes);
    return undefined;
  } catch {
    return `${path} holds no certificate (PEM)`;
  }
}

/**
 * A value as the client reads it. A value that is not encoded correctly stays as it is, and the client complains of
 * it.
 */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** The options behind the `?`, in order. */
function optionsOf(url: string): [key: string, value: string][] {
  return queryOf(url)
    .split('&')
    .filter((option) => option !== '')
    .map((option) => {
      const [key = '', ...value] = option.split('=');
      return [key, value.join('=').trim()];
    });
}

/** The text behind the `?`. A `?` in a password does not count. */
function queryOf(url: string): string {
  const [, ...query] = withoutSecrets(url).split('?');
  return query.join('?');
}

function withoutLedger(url: string, options: Options): string {
  const query = queryOf(url);
  const base = query === '' ? url : url.slice(0, -query.length - 1);
  const rest = options.filter(([key]) => key !== ledgerOption).map(([key, value]) => `${key}=${value}`);
  return rest.length === 0 ? base : `${base}?${rest.join('&')}`;
}

/**
 * A ledger URL as it may be shown: without user and password, whatever signs are in them, also if the URL cannot be
 * used. Text in the place of a port may be a password whose host was forgotten, so it is hidden.
 */
export function withoutSecrets(url: string): string {
  const [scheme = ''] = /^[a-z+]*:\/\//.exec(url) ?? [];
  const rest = url.slice(scheme.length);
  // Cuts up to the first `@` with only hosts and options behind it: a password may hold any sign that is not encoded.
  const [, fitting] = /^[^]*?@([^@?]*(?:\?[^?]*)?)$/.exec(rest) ?? [];
  const [hosts = '', ...query] = (fitting ?? rest.slice(rest.lastIndexOf('@') + 1)).split('?');
  const shown = scheme === '' ? hosts : hosts.replaceAll(/:(?!\d+\/*(?:,|$))[^,]*/g, ':...');
  return [`${scheme}${shown}`, ...query].join('?');
}
