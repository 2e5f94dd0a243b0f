import { defined } from '../../events/codec/defined.ts';
import { flawOfPath } from './credentials.ts';
import { Fault } from './errors.ts';
import { readGivenFile } from './given-file.ts';
import { flawOfEncoding } from './given-text.ts';
import { flawOfPem, isKeyOf, type PemKind } from './pem.ts';

/** The settings of a command beside its own arguments. */
export interface Config {
  /** The URL of the ledger: `sqlite:PATH` or `esdb://HOST:PORT`. */
  readonly ledger: string;
  /** Where the URL stands: `FILE:LINE: ledger`, or a variable of the environment; left out where an option gives it. */
  readonly ledgerAt?: string;
  readonly logLevel: LogLevel;
  /** What this side shows to switches that are reached by ssl, and what it knows them by; left out where nothing says. */
  readonly switches?: SwitchCredentials;
}

/** Paths of PEM files. All three are needed: each side knows the other. */
export interface SwitchCredentials {
  readonly privateKey: string;
  readonly certificate: string;
  /** The certificate of the authority that signed those of the switches. */
  readonly ca: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
type LogLevel = (typeof logLevels)[number];

/** What a configuration file says. */
export interface FiledConfig extends Partial<Omit<Config, 'switches'>> {
  readonly switches?: Partial<SwitchCredentials>;
}

export class BadConfig extends Fault {
  readonly code = 'BadConfig';
  readonly category = 'input';
}

/** What a key of the configuration names cannot be used. The command line says in which file and line the key stands. */
export class UnusableKey extends BadConfig {
  /** From the root of the file on, as `sinks`, `archive`, `path`. */
  readonly key: readonly string[];
  /** What is wrong, without the key. */
  readonly problem: string;

  constructor(key: readonly string[], problem: string, options?: ErrorOptions) {
    super(`${key.join('.')}: ${problem}`, options);
    this.key = key;
    this.problem = problem;
  }
}

const defaultLedger = 'sqlite:./.isoledger/ledger.db';

/** Where each of the credentials for switches stands: in the environment, and in a configuration file. */
const credentialNames = {
  privateKey: { variable: 'ISOLEDGER_SWITCH_KEY', key: 'switchKey' },
  certificate: { variable: 'ISOLEDGER_SWITCH_CERTIFICATE', key: 'switchCertificate' },
  ca: { variable: 'ISOLEDGER_SWITCH_CA', key: 'switchCa' },
} as const;

/**
 * Reads the settings. Flags win over the environment (ISOLEDGER_LEDGER, ISOLEDGER_LOG, ISOLEDGER_SWITCH_...), the environment
 * wins over the configuration file, and the file wins over the defaults. Throws BadConfig.
 */
export function configFrom(sources: {
  readonly flags: { readonly ledger?: string | undefined };
  readonly environment: Environment;
  readonly file: FiledConfig | undefined;
}): Config {
  const { flags, environment, file } = sources;
  const { switches: filedSwitches, ...filed } = file ?? {};
  const level =
    givenIn(environment, { name: 'ISOLEDGER_LOG', allowed: logLevels.join(', ') }) ??
    filed.logLevel ??
    'warn';
  const logLevel = logLevels.find((known) => known === level);
  if (logLevel === undefined) {
    throw new BadConfig(`ISOLEDGER_LOG is ${level}; it may be ${logLevels.join(', ')}`);
  }
  const settings = { logLevel, ...defined({ switches: credentialsFrom(environment, filedSwitches) }) };
  if (flags.ledger !== undefined) return { ledger: flags.ledger, ...settings };
  const ledger = givenIn(environment, { name: 'ISOLEDGER_LEDGER', allowed: 'a ledger URL' });
  if (ledger !== undefined) return { ledger, ledgerAt: 'ISOLEDGER_LEDGER', ...settings };
  return { ledger: defaultLedger, ...filed, ...settings };
}

/**
 * A variable of the environment. A blank one is mostly a variable of a script that is not set, and a sentence about a name that
 * nobody can see helps nobody; one that is not UTF-8 would name something else. Throws BadConfig.
 */
export function givenIn(
  environment: Environment,
  { name, allowed }: { name: string; allowed: string },
): string | undefined {
  const value = environment[name];
  if (value?.trim() === '')
    throw new BadConfig(`${name} is blank; it may be ${allowed}: set it, or unset it`);
  const flaw = value && flawOfEncoding(value);
  if (flaw) throw new BadConfig(`${name} ${flaw}`);
  return value;
}

function credentialsFrom(
  environment: Environment,
  filed: Partial<SwitchCredentials> = {},
): SwitchCredentials | undefined {
  const { privateKey, certificate, ca } = {
    privateKey: environment[credentialNames.privateKey.variable] ?? filed.privateKey,
    certificate: environment[credentialNames.certificate.variable] ?? filed.certificate,
    ca: environment[credentialNames.ca.variable] ?? filed.ca,
  };
  const given = { privateKey, certificate, ca };
  if (privateKey !== undefined && certificate !== undefined && ca !== undefined)
    return requireNamed({ privateKey, certificate, ca });
  if (Object.values(given).every((path) => path === undefined)) return undefined;
  const missing = eachCredential(given).flatMap(([name, path]) => (path === undefined ? [name] : []));
  throw new BadConfig(
    `what switches are shown is given in part, without ${missing.join(' and ')}: a private key, its certificate and that of the authority belong together`,
  );
}

function requireNamed(credentials: SwitchCredentials): SwitchCredentials {
  for (const [name, path = ''] of eachCredential(credentials)) {
    if (path.trim() === '') throw new BadConfig(`${name} is blank; it names a PEM file`);
    const lost = flawOfEncoding(path);
    if (lost !== undefined) throw new BadConfig(`${name} ${lost}`);
    const flaw = flawOfPath(path);
    if (flaw !== undefined) throw new BadConfig(`${name}: ${flaw}; it names a PEM file`);
  }
  return credentials;
}

/** Each of the credentials under the names that it has in a configuration file and in the environment. */
function eachCredential({
  privateKey,
  certificate,
  ca,
}: {
  readonly [Key in keyof SwitchCredentials]: string | undefined;
}): [name: string, path: string | undefined][] {
  const nameOf = (which: keyof SwitchCredentials): string =>
    `${credentialNames[which].key} ($${credentialNames[which].variable})`;
  return [
    [nameOf('privateKey'), privateKey],
    [nameOf('certificate'), certificate],
    [nameOf('ca'), ca],
  ];
}

/**
 * A look at each PEM file for switches, by the key or the variable that names it. The look throws UnusableKey for a file that cannot be read,
 * or holds something else, as a key that is not the one of the certificate.
 */
export function switchFiles(
  switches: SwitchCredentials,
  environment: Environment,
): { readonly at: string; readonly look: () => void }[] {
  return (['privateKey', 'certificate', 'ca'] as const).map((which) => {
    const { variable, key } = credentialNames[which];
    const at = environment[variable] === undefined ? key : variable;
    return {
      at,
      look: () => {
        if (which !== 'privateKey') {
          requirePem(at, switches[which], 'certificate');
          return;
        }
        const privateKey = requirePem(at, switches.privateKey, 'private key');
        requireKeyOf(at, privateKey, switches);
      },
    };
  });
}

function requirePem(at: string, path: string, kind: PemKind): Buffer {
  const given = readGivenFile(path);
  if ('problem' in given) throw new UnusableKey([at], `${path} cannot be read: ${given.problem}`);
  const flaw = flawOfPem(kind, given.bytes);
  if (flaw !== undefined) throw new UnusableKey([at], `${path} ${flaw}`);
  return given.bytes;
}

/** A certificate that cannot be read is told of by itself. */
function requireKeyOf(at: string, key: Buffer, { privateKey, certificate }: SwitchCredentials): void {
  const given = readGivenFile(certificate);
  if ('problem' in given || flawOfPem('certificate', given.bytes) !== undefined) return;
  if (isKeyOf(given.bytes, key)) return;
  throw new UnusableKey([at], `${privateKey} is not the key of the certificate in ${certificate}`);
}
