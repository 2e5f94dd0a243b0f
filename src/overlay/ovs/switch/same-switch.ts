import type { OpenFlowConnection } from './openflow-connection.ts';
import { byName } from './switch-view.ts';
import type { Clock } from '../../../runtime/clock.ts';
import { NotProvablyOurs, OverlayUnavailable } from '../../faults.ts';
import type { OvsdbClient } from '../ovsdb/client.ts';
import { bridgeStandingTable } from '../ovsdb/tables.ts';

/** So long a database may say what its switch was before it started anew, and so often it is asked. */
const followMsMax = 2_000;
const pauseMs = 50;

/** The switch of a host, as its database knows it. */
interface KnownSwitch {
  readonly host: string;
  readonly bridge: string;
  readonly database: OvsdbClient;
  readonly clock: Clock;
}

/**
 * Makes sure that a bridge which answers is the one that the database has. Two addresses of one document may lead to two switches: flows
 * would go to one, and the ports of the other would be called isolated. Throws
 * NotProvablyOurs; OverlayUnavailable where the database knows none yet.
 */
export async function expectSameSwitch(
  { host, bridge, database, clock }: KnownSwitch,
  { connection, words }: { connection: Pick<OpenFlowConnection, 'datapathId'>; words: string },
): Promise<void> {
  const startMs = clock.elapsedMs();
  for (;;) {
    const [found, rows] = await Promise.all([
      connection.datapathId(),
      database.select(bridgeStandingTable, byName(bridge)),
    ]);
    const [known] = Array.from(rows.values(), ({ datapath_id: id }) => id);
    if (known === found) return;
    if (clock.elapsedMs() - startMs > followMsMax) {
      const problem = `${words} is not the bridge that the database of host ${host} has (datapath ${found}, not ${known ?? 'known there'}): its ovsdb and openflow lead to different switches`;
      throw known === undefined
        ? new OverlayUnavailable(problem)
        : new NotProvablyOurs(problem, `mend the document of host ${host}`);
    }
    await clock.sleep(pauseMs);
  }
}
