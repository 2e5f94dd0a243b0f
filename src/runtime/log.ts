import { destination, pino, type Logger } from 'pino';
import { printableJson } from './printable.ts';

/**
 * Structured logs, one JSON object a line on stderr: stdout belongs to answers. Silent below the level. What others wrote
 * reaches a terminal here too, and so is escaped, as JSON can.
 */
export function createLog(level: string): Logger {
  const stderr = destination({ fd: 2, sync: true });
  const write = (line: string): void => void stderr.write(printableJson(line));
  return pino({ level, base: { name: 'isoledger' } }, { write });
}

export type { Logger };
