import { destination, pino, type Logger } from 'pino';

/** Structured logs, one JSON object a line on stderr: stdout belongs to answers. Silent below the level. */
export function createLog(level: string): Logger {
  return pino({ level, base: { name: 'isoledger' } }, destination({ fd: 2, sync: true }));
}

export type { Logger };
