import { dirname, join } from 'node:path';

/** The places in the folder for state that follows from a ledger. */
export interface DerivedPlaces {
  /** The file with the estate's projected state. */
  readonly statePath: string;
  /** The folder with this machine's part of the overlay. */
  readonly overlay: string;
  /** The folder with the locks of roles. */
  readonly locks: string;
}

export function placesIn(derived: string): DerivedPlaces {
  return {
    statePath: join(derived, 'state', 'estate.json'),
    overlay: join(derived, 'overlay'),
    locks: `${derived}/locks`,
  };
}

/** The files that tell what commands saw of a ledger: its state, and how far they saw it. */
export function filesOfState(statePath: string): { readonly statePath: string; readonly seenPath: string } {
  return { statePath, seenPath: join(dirname(statePath), 'seen.json') };
}

/** The folder in which it is kept how far each sink is. */
export function folderOfSinks(statePath: string): string {
  return join(dirname(statePath), 'sinks');
}

/** The folder with what the verifier came to over time, which follows from the ledger like all of this. */
export function folderOfHistory(statePath: string): string {
  return join(dirname(statePath), 'history');
}
