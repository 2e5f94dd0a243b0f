import { RolesUnavailable } from '../../../src/roles/faults.ts';
import type { LeaseStore } from '../../../src/roles/nats/lease-store.ts';
import type { LeasePlace } from './lease-place.ts';
import type { Wire } from './wire.ts';

/** The leases as one server reaches them. `onWrite` hears of each text that was taken. */
export function serverLeases(
  place: LeasePlace,
  wire: Wire,
  onWrite: (key: string, text: string) => void,
): LeaseStore {
  const ask = <Answer>(what: string, deed: () => Answer): Promise<Answer> =>
    wire.call({ of: 'leases', what, deed, fault: (words) => new RolesUnavailable(words) });
  return {
    get: (key) => ask('get', () => place.get(key)),
    put: (key, text, after) =>
      ask('put', () => {
        const revision = place.put(key, text, after);
        if (revision !== undefined) onWrite(key, text);
        return revision;
      }),
    keys: () => ask('keys', () => place.keys()),
  };
}
