import { isDeepStrictEqual } from 'node:util';
import { inBoth } from '../roles/in-both.ts';
import type { Roles } from '../roles/port.ts';
import type { ServeRole } from '../serve/role.ts';
import { publisherRole } from '../siem/mirror/publish.ts';
import type { ServiceConfig } from '../tasks/service-config.ts';
import type { Workspace } from '../tasks/workspace.ts';
import { DeliveryCounts } from '../siem/sinks/delivery-counts.ts';
import { forwarderName, forwarderRole } from '../siem/sinks/forwarder.ts';
import type { SinkSettings } from '../siem/sinks/settings.ts';
import { ledgerInNats } from './nats.ts';
import type { Opened } from './workspace.ts';
import { forwarderTo, type PlaceOfSinks } from './sinks.ts';

/** What the configuration adds to a service. */
export interface ServiceParts extends AsyncDisposable {
  /** The roles beside the clock and the appliers. */
  readonly others: readonly ServeRole[];
  /** Those among them that deliver to sinks, which may change while a service runs. */
  readonly forwarders: Forwarders;
  /** What comes of what those deliver. */
  readonly deliveries: DeliveryCounts;
  /** How roles are taken: among machines where there is a way to, and beside the commands of this one. */
  readonly holdRole: Roles['hold'];
}

type PlaceOfService = PlaceOfSinks & Pick<Workspace, 'holdRole'> & Pick<Opened, 'stateOfRole'>;

export function partsOfService(place: PlaceOfService, config: ServiceConfig): ServiceParts {
  const { ledger, clock, holdRole, stateOfRole, confirmed } = place;
  const deliveries = new DeliveryCounts();
  const forwarders = new Forwarders({ ...place, counts: deliveries });
  const delivering = forwarders.of(config);
  if (config.nats === undefined)
    return {
      ...{ others: delivering, forwarders, deliveries, holdRole },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  const nats = ledgerInNats(ledger.id, config.nats);
  const { mirror, form } = nats;
  return {
    others: [publisherRole({ ledger, mirror, form, clock, confirmed }), ...delivering],
    forwarders,
    deliveries,
    holdRole: inBoth(nats.roles, { hold: holdRole, stateOf: stateOfRole }, clock).hold,
    [Symbol.asyncDispose]: () => nats[Symbol.asyncDispose](),
  };
}

/** The roles that deliver to the sinks of a configuration. */
class Forwarders {
  readonly #place: PlaceOfSinks;
  #made: readonly { readonly sink: SinkSettings; readonly role: ServeRole }[] = [];

  constructor(place: PlaceOfSinks) {
    this.#place = place;
  }

  /** A sink of which nothing changed keeps the role that it had, but for one that is to be begun anew. */
  of({ sinks = [] }: ServiceConfig, isAnew: (role: string) => boolean = () => false): readonly ServeRole[] {
    this.#made = sinks.map((sink) => {
      const kept = isAnew(forwarderName(sink.name))
        ? undefined
        : this.#made.find((before) => isDeepStrictEqual(before.sink, sink));
      return kept ?? { sink, role: forwarderRole(forwarderTo(sink, this.#place)) };
    });
    return this.#made.map(({ role }) => role);
  }
}
