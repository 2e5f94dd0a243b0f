import { destination, pino, type Logger } from 'pino';
import { jsonWithoutCredentials } from './credentials.ts';
import { printableJson } from './printable.ts';

/**
 * Structured logs, one JSON object a line on stderr: stdout belongs to answers. Silent below the level. Errors have their stack
 * at `debug` only. What others wrote
 * reaches a terminal here too, and so is escaped, as JSON can, and without what looks like a password.
 */
export function createLog(level: string): Logger {
  const stderr = destination({ fd: 2, sync: true });
  const write = (line: string): void =>
    void stderr.write(`${printableJson(jsonWithoutCredentials(line.trimEnd()))}\n`);
  const serializers = level === 'debug' || level === 'trace' ? {} : { err: inShort };
  return pino({ level, base: { name: 'isoledger' }, serializers }, { write });
}

/** An error without its stack, which tells people nothing, and is there for whoever asks for more (`debug`). */
function inShort(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  return { type: error.name, message: error.message, ...('code' in error ? { code: error.code } : {}) };
}

export type { Logger };
