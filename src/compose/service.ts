import { inBoth } from '../roles/in-both.ts';
import type { Roles } from '../roles/port.ts';
import type { ServeRole } from '../serve/role.ts';
import { publisherRole } from '../siem/mirror/publish.ts';
import type { ServiceConfig } from '../tasks/service-config.ts';
import type { Workspace } from '../tasks/workspace.ts';
import { forwarderRole } from '../siem/sinks/forwarder.ts';
import { ledgerInNats } from './nats.ts';
import { forwarderTo, type PlaceOfSinks } from './sinks.ts';

/** What the configuration adds to a service. */
export interface ServiceParts extends AsyncDisposable {
  /** The roles beside the clock and the appliers. */
  readonly others: readonly ServeRole[];
  /** How roles are taken: among machines where there is a way to, and beside the commands of this one. */
  readonly holdRole: Roles['hold'];
}

type PlaceOfService = PlaceOfSinks & Pick<Workspace, 'holdRole'>;

export function partsOfService(place: PlaceOfService, config: ServiceConfig): ServiceParts {
  const { ledger, clock, holdRole, confirmed } = place;
  const forwarders = forwardersOf(place, config);
  if (config.nats === undefined)
    return { others: forwarders, holdRole, [Symbol.asyncDispose]: () => Promise.resolve() };
  const nats = ledgerInNats(ledger.id, config.nats);
  const { mirror, form } = nats;
  return {
    others: [publisherRole({ ledger, mirror, form, clock, confirmed }), ...forwarders],
    holdRole: inBoth(nats.roles, { hold: holdRole }).hold,
    [Symbol.asyncDispose]: () => nats[Symbol.asyncDispose](),
  };
}

/** The roles that deliver to the sinks of a configuration: these may change while a service runs. */
export function forwardersOf(place: PlaceOfSinks, { sinks = [] }: ServiceConfig): readonly ServeRole[] {
  return sinks.map((sink) => forwarderRole(forwarderTo(sink, place)));
}
