import { join } from 'node:path';

/** What lies where in the folder for what follows from a ledger. */
export interface DerivedPlaces {
  /** The file with the estate's projected state. */
  readonly statePath: string;
  /** The folder with what this machine holds of the overlay. */
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
