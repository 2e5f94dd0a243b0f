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
  const serializers = { err: level === 'debug' || level === 'trace' ? withStack : inShort };
  return pino({ level, base: { name: 'isoledger' }, serializers }, { write });
}

/** An error without its stack, which tells people nothing, and is there for whoever asks for more (`debug`). */
function inShort(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  return { type: error.name, message: error.message, ...('code' in error ? { code: error.code } : {}) };
}

/** As inShort, with the stack, those of its causes too: its words say the cause already. */
function withStack(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  return { ...pino.stdSerializers.err(error), message: error.message };
}

export type { Logger };
