import { Fault } from './errors.ts';

/** The settings of a command beside its own arguments. */
export interface Config {
  /** The URL of the ledger: `sqlite:PATH` or `esdb://HOST:PORT`. */
  readonly ledger: string;
  /** Where the URL stands, as `FILE:LINE: ledger`; left out where no configuration file names it. */
  readonly ledgerAt?: string;
  readonly logLevel: LogLevel;
}

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
type LogLevel = (typeof logLevels)[number];

/** What a configuration file says. */
export type FiledConfig = Partial<Config>;

export class BadConfig extends Fault {
  readonly code = 'BadConfig';
  readonly category = 'input';
}

const defaultLedger = 'sqlite:./.isoledger/ledger.db';

/**
 * Reads the settings. Flags win over the environment (ISOLEDGER_LEDGER, ISOLEDGER_LOG), the environment wins over the
 * configuration file, and the file wins over the defaults. Throws BadConfig.
 */
export function configFrom(sources: {
  readonly flags: { readonly ledger?: string | undefined };
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly file: FiledConfig | undefined;
}): Config {
  const { flags, environment, file } = sources;
  const filed = file ?? {};
  const level = environment['ISOLEDGER_LOG'] ?? filed.logLevel ?? 'warn';
  const logLevel = logLevels.find((known) => known === level);
  if (logLevel === undefined) {
    throw new BadConfig(`ISOLEDGER_LOG is ${level}; it may be ${logLevels.join(', ')}`);
  }
  const given = flags.ledger ?? environment['ISOLEDGER_LEDGER'];
  if (given !== undefined) return { ledger: given, logLevel };
  return { ledger: defaultLedger, ...filed, logLevel };
}
