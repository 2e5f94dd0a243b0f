import { BadConfig } from '../../runtime/config.ts';
import { readGivenFile } from '../../runtime/given-file.ts';
import { flawOfPem, isKeyOf, type PemKind } from '../../runtime/pem.ts';
import { nearestName } from '../../runtime/nearest.ts';
import { partsOf, urlOptions, withoutSecrets } from '../shown-url.ts';

/** A ledger URL that was checked without asking a server. */
export interface LedgerUrl {
  /** The URL as it may be shown. */
  readonly shown: string;
  /** The URL as the client takes it. */
  readonly forClient: string;
  /** The name of the ledger on its server; undefined for the ledger without a name. */
  readonly name: string | undefined;
}

type Options = readonly (readonly [key: string, value: string])[];

/** The option `ledger=NAME` is ours and not the client's, for a server with several ledgers. */
const ledgerOption = 'ledger';

/** The client ignores any other option, with a warning that shows the whole URL. */
const knownOptions = Object.keys(urlOptions);

/** Options that name a file, and the content that it must have. The client does not say which file it misses. */
const files = {
  tlsCAFile: "the certificate of the servers' authority",
  userCertFile: 'the certificate of a user',
  userKeyFile: "the key of that user's certificate",
} as const;

/** To be said of a URL that the client cannot read either: its own words quote a part of it. */
export const cannotBeRead =
  'it cannot be read; it has the form esdb://USER:PASSWORD@HOST:PORT?OPTIONS, with @, : and ? of user and password encoded (%40, %3A, %3F)';

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

function problemWith(url: string, options: Options): string | undefined {
  if (!/^esdb(?:\+discover)?:\/\/(?:[^:]+:[^@]+@)?[^@?]+(?:\?[^?]*)?$/.test(url)) return cannotBeRead;
  for (const [index, [key]] of options.entries()) {
    if (!knownOptions.includes(key)) return unknownOption(key, index);
    if (options.findIndex(([other]) => other === key) < index) return `${key} is given twice`;
  }
  const given = new Map(options);
  if (given.get('throwOnAppendFailure') === 'false')
    return 'throwOnAppendFailure must stay true, leave it out';
  // In the client this option only prints a warning that shows the whole URL.
  if (given.get('tlsVerifyCert') === 'false')
    return "the server's certificate is always looked at: leave tlsVerifyCert out, and name tlsCAFile";
  return problemWithValues(options) ?? problemWithFiles(given);
}

/** Its name is not shown: it may be a part of a password with a sign that is not encoded. */
function unknownOption(key: string, index: number): string {
  const byLowerCase = new Map(knownOptions.map((option) => [option.toLowerCase(), option]));
  const nearest = byLowerCase.get(nearestName(key.toLowerCase(), byLowerCase.keys()) ?? '');
  const hint = nearest === undefined ? '' : `; nearest: ${nearest}`;
  return `its option ${String(index + 1)} (not shown) is none that there is${hint}; there are ${knownOptions.join(', ')}`;
}

/** The client reads 10s as 10, and quotes what it cannot read: that may be a password in the wrong place. */
function problemWithValues(options: Options): string | undefined {
  for (const [key, value] of options) {
    const { words, fitting } = urlOptions[key] ?? {};
    if (words !== undefined && fitting?.test(value) === false)
      return `${key}=${key === ledgerOption ? 'NAME' : ''} takes ${words}`;
  }
  return undefined;
}

function problemWithFiles(given: ReadonlyMap<string, string>): string | undefined {
  for (const [option, holds] of Object.entries(files)) {
    const value = given.get(option);
    const kind = option === 'userKeyFile' ? 'private key' : 'certificate';
    const problem = value === undefined ? undefined : problemWithFile(decoded(value), kind);
    if (problem !== undefined) return `${option} is to name a file with ${holds}: ${problem}`;
  }
  const [certificate, key] = [given.get('userCertFile'), given.get('userKeyFile')];
  if (certificate === undefined || key === undefined) return undefined;
  const [ofUser, own] = [readGivenFile(decoded(certificate)), readGivenFile(decoded(key))];
  if (!('bytes' in ofUser) || !('bytes' in own) || isKeyOf(ofUser.bytes, own.bytes)) return undefined;
  return `userKeyFile is to name a file with ${files.userKeyFile}: ${decoded(key)} is the key of another one`;
}

/** Undefined if the file can be read, and holds what it must. */
function problemWithFile(path: string, kind: PemKind): string | undefined {
  const given = readGivenFile(path);
  if (!('bytes' in given))
    return given.isMissing ? `there is no file ${path}` : `${path} cannot be read: ${given.problem}`;
  const flaw = flawOfPem(kind, given.bytes);
  return flaw === undefined ? undefined : `${path} ${flaw}`;
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
  return partsOf(url)
    .query.split('&')
    .filter((option) => option !== '')
    .map((option) => {
      const [key = '', ...value] = option.split('=');
      return [key, value.join('=').trim()];
    });
}

function withoutLedger(url: string, options: Options): string {
  const { query } = partsOf(url);
  const base = query === '' ? url : url.slice(0, -query.length - 1);
  const rest = options.filter(([key]) => key !== ledgerOption).map(([key, value]) => `${key}=${value}`);
  return rest.length === 0 ? base : `${base}?${rest.join('&')}`;
}
