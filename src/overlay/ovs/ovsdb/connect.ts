import { OverlayUnavailable } from '../../faults.ts';
import { OvsdbConnection } from './connection.ts';
import { dial, type Dialing } from './dial.ts';

/** How to come to a server, and how long it may take to answer. */
export interface OvsdbSettings extends Dialing {
  /** The longest time that an answer may take, in milliseconds; 10,000 by default. */
  readonly requestMs?: number;
}

const requestMsDefault = 10_000;

/** A connection, and the place of its endpoint among those that there are. */
interface ReachedEndpoint {
  readonly connection: OvsdbConnection;
  readonly at: number;
}

/**
 * A connection to the first endpoint that can be reached, beginning with the one at `first`, each tried once. Throws
 * OverlayUnavailable, which says of each endpoint why not.
 */
export async function connectInTurn(settings: OvsdbSettings, first: number): Promise<ReachedEndpoint> {
  const { endpoints, clock, requestMs = requestMsDefault } = settings;
  const faults: OverlayUnavailable[] = [];
  for (let turn = 0; turn < endpoints.length; turn++) {
    const at = (first + turn) % endpoints.length;
    const endpoint = endpoints[at];
    if (endpoint === undefined) break;
    try {
      const socket = await dial(endpoint, settings);
      return { connection: new OvsdbConnection(socket, { endpoint: endpoint.text, clock, requestMs }), at };
    } catch (error) {
      if (!(error instanceof OverlayUnavailable)) throw error;
      faults.push(error);
    }
  }
  const [only, ...others] = faults;
  if (only !== undefined && others.length === 0) throw only;
  throw new OverlayUnavailable(
    faults.length === 0 ? 'no OVSDB endpoint is given' : faults.map(({ message }) => message).join('; '),
  );
}
