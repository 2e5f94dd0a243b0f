import { inBoth } from '../roles/in-both.ts';
import type { Roles } from '../roles/port.ts';
import type { ServeRole } from '../serve/role.ts';
import { publisherRole } from '../siem/mirror/publish.ts';
import type { ServiceConfig } from '../tasks/service-config.ts';
import type { Workspace } from '../tasks/workspace.ts';
import { ledgerInNats } from './nats.ts';
import type { Cursor } from '../ledger/replay.ts';

/** What the configuration adds to a service. */
export interface ServiceParts extends AsyncDisposable {
  /** The roles beside the clock and the appliers. */
  readonly others: readonly ServeRole[];
  /** How roles are taken: among machines where there is a way to, and beside the commands of this one. */
  readonly holdRole: Roles['hold'];
}

type PlaceOfService = Pick<Workspace, 'ledger' | 'clock' | 'holdRole'> & {
  readonly confirmed: readonly Cursor[];
};

export function partsOfService(place: PlaceOfService, { nats: settings }: ServiceConfig): ServiceParts {
  const { ledger, clock, holdRole, confirmed } = place;
  if (settings === undefined) return { others: [], holdRole, [Symbol.asyncDispose]: () => Promise.resolve() };
  const nats = ledgerInNats(ledger.id, settings);
  const { mirror, form } = nats;
  return {
    others: [publisherRole({ ledger, mirror, form, clock, confirmed })],
    holdRole: inBoth(nats.roles, { hold: holdRole }).hold,
    [Symbol.asyncDispose]: () => nats[Symbol.asyncDispose](),
  };
}
