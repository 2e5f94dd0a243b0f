import { placesIn } from '../ledger/derived.ts';
import type { HowToOpen, StoredLedger } from '../ledger/store.ts';
import { systemClock } from '../runtime/clock.ts';
import type { Config } from '../runtime/config.ts';
import type { SecondRoles } from '../roles/in-both.ts';
import { makeOwnFolder, requireOwnFolder, type OwnFolder } from '../runtime/own-folder.ts';
import { randomIds } from '../runtime/ids.ts';
import type { Examination } from '../tasks/examination.ts';
import type { Workspace } from '../tasks/workspace.ts';
import { driverNames, driverOf, isInFolder, probeOf, straysOf } from './drivers.ts';
import { storeOf } from './ledgers.ts';
import { rolesIn } from './roles.ts';

/** A workspace before anybody has said where it logs. */
export type Opened = Omit<Workspace, 'log'> & { readonly stateOfRole: SecondRoles['stateOf'] };

/** What the configuration gives beside the ledger. */
type WaysToHosts = Pick<Config, 'switches'>;

/**
 * Opens the ledger of a URL (`sqlite:PATH`, `esdb://...`). Throws BadConfig for another text, and the errors of
 * opening.
 */
export async function open(url: string, how: HowToOpen, ways: WaysToHosts = {}): Promise<Opened> {
  const stored = await storeOf(url).open(url, how);
  try {
    const place = { folder: stored.derived, file: stored.file };
    if (how.asksOnly !== true) makeOwnFolder(place);
    return opened(stored, place, ways);
  } catch (error) {
    await stored.ledger.close();
    throw error;
  }
}

function opened(
  { ledger, derived, backUp }: StoredLedger,
  own: OwnFolder,
  { switches }: WaysToHosts,
): Opened {
  const { statePath, overlay, locks } = placesIn(derived);
  const place = { folder: overlay, ledger: ledger.id, switches };
  return {
    ledger,
    clock: systemClock,
    statePath,
    requireOwnFolder: () => {
      requireOwnFolder(own);
    },
    overlayFolder: overlay,
    isInFolder,
    probeFor: (shards) => probeOf(place, shards),
    newId: () => randomIds(systemClock.now()),
    drivers: driverNames,
    driverFor: (...of) => driverOf(place, ...of),
    holdRole: (role) => rolesIn(locks).hold(role),
    stateOfRole: (role) => rolesIn(locks).stateOf(role),
    backUp,
  };
}

/**
 * Looks at the place that a URL names, whatever state it is in. Throws BadConfig for a text that is no ledger URL;
 * StoreUnavailable if a server does not answer.
 */
export async function examine(url: string, { switches }: WaysToHosts = {}): Promise<Examination> {
  const place = await storeOf(url).examine(url);
  const { statePath, overlay, locks } = placesIn(place.derived);
  return {
    ...place,
    statePath,
    overlayFolder: overlay,
    isInFolder,
    clock: systemClock,
    roles: () => rolesIn(locks).states(),
    driverFor: ({ id }, ...of) => driverOf({ folder: overlay, ledger: id, switches }, ...of),
    straysBeside: ({ id }, isKnown) => straysOf({ folder: overlay, ledger: id }, isKnown),
  };
}
