import { join } from 'node:path';

/** The folder of what follows from a ledger on a server, below the folder that a command is given in. */
export function derivedOf(id: string): string {
  return join('.isoledger', id);
}
