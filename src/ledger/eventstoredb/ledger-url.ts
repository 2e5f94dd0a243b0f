import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { BadConfig } from '../../runtime/config.ts';

/** A URL that has been looked at, without asking anyone. */
export interface LedgerUrl {
  /** As it may be shown. */
  readonly shown: string;
  /** As the client takes it. */
  readonly forClient: string;
  /** Which of the server's ledgers is meant; undefined for the one without a name. */
  readonly name: string | undefined;
}

/** `ledger=NAME`: not the client's word but ours, for a server that holds several ledgers. */
const ledgerOption = 'ledger';

/** What the client knows. It ignores anything else, with a warning that shows the whole URL. */
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

/** Options that name a file, and what it has to hold. The client does not say which of them it misses. */
const files = {
  tlsCAFile: "the certificate of the servers' authority",
  userCertFile: 'the certificate of a user',
  userKeyFile: "the key of that user's certificate",
} as const;

const form =
  'it has the form esdb://USER:PASSWORD@HOST:PORT?OPTIONS, with @, : and ? of user and password encoded (%40, %3A, %3F)';

/**
 * Throws BadConfig for a URL that the client would misread, that has an option nobody knows or one twice, that names a ledger
 * otherwise than in a-z, 0-9 and `-` or a file that is not there, or that would have a conflict go unnoticed.
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
  // With the client it has no effect but a warning that shows the whole URL.
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

/** What the client has against a URL. It quotes the place, which may be one that is not shown. */
export function wordsOn(cause: unknown, { shown }: Pick<LedgerUrl, 'shown'>): string {
  if (!(cause instanceof Error)) return `it cannot be read; ${form}`;
  const [, quoted = ''] = /^Unexpected "([^]*)" at position/.exec(cause.message) ?? [];
  return shown.includes(quoted) ? cause.message : `it cannot be read; ${form}`;
}

/** Undefined where a file can be read, and holds what it should. */
function problemWithFile(path: string, { isCertificate }: { isCertificate: boolean }): string | undefined {
  try {
    const bytes = readFileSync(path);
    if (isCertificate) new X509Certificate(bytes);
    return undefined;
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error && 'code' in error))
      return `${path} holds no certificate (PEM)`;
    return error.code === 'ENOENT'
      ? `there is no file ${path}`
      : `${path} cannot be read (${String(error.code)})`;
  }
}

/** As the client reads a value; as it stands where it is not encoded as it should be, which the client then says. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** What stands behind the `?`, in order. */
function optionsOf(url: string): [key: string, value: string][] {
  return queryOf(url)
    .split('&')
    .filter((option) => option !== '')
    .map((option) => {
      const [key = '', ...value] = option.split('=');
      return [key, value.join('=').trim()];
    });
}

/** A `?` of a password is none of these. */
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
 * A ledger URL as it may be shown: without user and password, whatever stands in them, and also where it is no URL that
 * can be used. What stands where a port should may be a password whose host was forgotten.
 */
export function withoutSecrets(url: string): string {
  const [scheme = ''] = /^[a-z+]*:\/\//.exec(url) ?? [];
  const rest = url.slice(scheme.length);
  // Up to the first `@` behind which come hosts and options: a password may hold any sign that is not encoded.
  const [, fitting] = /^[^]*?@([^@?]*(?:\?[^?]*)?)$/.exec(rest) ?? [];
  const [hosts = '', ...query] = (fitting ?? rest.slice(rest.lastIndexOf('@') + 1)).split('?');
  const shown = scheme === '' ? hosts : hosts.replaceAll(/:(?!\d+\/*(?:,|$))[^,]*/g, ':...');
  return [`${scheme}${shown}`, ...query].join('?');
}
