import { parse } from 'yaml';
import { z } from 'zod';
import { Fault } from './errors.ts';

/** The settings of a command beside its own arguments. */
export interface Config {
  /** The URL of the ledger: `sqlite:PATH` or `esdb://HOST:PORT`. */
  readonly ledger: string;
  readonly logLevel: LogLevel;
}

const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
type LogLevel = (typeof logLevels)[number];

const configFile = z.strictObject({ ledger: z.string().optional(), logLevel: z.enum(logLevels).optional() });

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
  readonly file: { readonly path: string; readonly text: string } | undefined;
}): Config {
  const { flags, environment, file } = sources;
  const filed = file === undefined ? {} : readFile(file);
  const level = environment['ISOLEDGER_LOG'] ?? filed.logLevel ?? 'warn';
  const logLevel = logLevels.find((known) => known === level);
  if (logLevel === undefined) {
    throw new BadConfig(`ISOLEDGER_LOG is ${level}; it may be ${logLevels.join(', ')}`);
  }
  return {
    ledger: flags.ledger ?? environment['ISOLEDGER_LEDGER'] ?? filed.ledger ?? defaultLedger,
    logLevel,
  };
}

function readFile({ path, text }: { path: string; text: string }): z.infer<typeof configFile> {
  const parsed = configFile.safeParse(parseYaml(path, text));
  if (parsed.success) return parsed.data;
  throw new BadConfig(
    `${path}: it may hold ledger (a URL) and logLevel (${logLevels.join(', ')}), nothing else`,
  );
}

function parseYaml(path: string, text: string): unknown {
  try {
    return parse(text) ?? {};
  } catch (cause) {
    throw new BadConfig(`${path} is not YAML: it holds lines such as ledger: sqlite:./.isoledger/ledger.db`, {
      cause,
    });
  }
}
