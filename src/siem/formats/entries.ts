import type { EventFormat } from './format.ts';
import { jsonLine } from './json-line.ts';

const decoder = new TextDecoder();

/** The exact stored bytes, over which the ledger's tree is hashed. */
export const entries: EventFormat = {
  name: 'entries',
  contentType: 'application/json',
  write: ({ stored }) => decoder.decode(stored.bytes),
  heartbeat: (beat) => jsonLine({ heartbeat: beat }),
};
