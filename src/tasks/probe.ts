import { hostsDrivenBy } from '../../projections/directory/directory.ts';
import type { Packet, ProbeResult } from '../overlay/port.ts';
import { requireEndpoint } from './named.ts';
import { loadEstate, type Workspace } from './workspace.ts';

/**
 * Asks the overlay itself about a packet that opens a connection. `from` is an endpoint or an external as
 * requireEndpoint reads it. Throws UsageError for an unknown one, and what reading the ledger and the hosts throws.
 */
export async function probe(
  workspace: Workspace,
  { from, packet }: { from: string; packet: Packet },
): Promise<ProbeResult> {
  const { state } = await loadEstate(workspace);
  const { directory } = state.intended;
  const shards = Array.from(directory.shards.values(), (shard) => ({
    shard,
    hosts: hostsDrivenBy(directory, shard.shard),
  }));
  return workspace.probeFor(shards).probe(requireEndpoint(state, from), packet);
}
