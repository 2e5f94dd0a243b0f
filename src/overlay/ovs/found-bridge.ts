import { findFlows, type FoundFlows } from './switch/found-flows.ts';
import type { HostSwitch } from './switch/host-switch.ts';
import { readMark, type SwitchMark } from './switch/mark.ts';
import { readBridgeMeters } from './switch/meters.ts';
import { multipart, readGroups, type SwitchMeter } from './switch/openflow-messages.ts';
import { readOpenFlowSettings, type SetInOpenFlow } from './switch/openflow-settings.ts';
import { readOthersSettings, type OthersSettings } from './switch/settings.ts';
import { readSwitchPorts, type SwitchPorts } from './switch/switch-view.ts';

/** A bridge as it was found. */
export interface FoundBridge {
  readonly seen: SwitchPorts;
  readonly flows: FoundFlows;
  /** Rates by the number of a meter. */
  readonly meters: ReadonlyMap<number, SwitchMeter['kilobits']>;
  /** What others set at it. */
  readonly settings: OthersSettings;
  /** The same, as far as OpenFlow alone tells it. */
  readonly openFlow: SetInOpenFlow;
  /** The numbers of groups that are not ours. */
  readonly otherGroups: readonly number[];
  /** The mark once all else was read. */
  readonly markAfter: SwitchMark;
}

/** Reads all that a bridge holds. */
export async function readBridge(at: HostSwitch): Promise<FoundBridge> {
  const connection = await at.openFlow();
  const [seen, flows, meters, settings] = await Promise.all([
    readSwitchPorts(at.database, at.bridge),
    findFlows(at),
    readBridgeMeters(connection),
    readOthersSettings(at),
  ]);
  // One request at a time goes over a connection.
  const openFlow = await readOpenFlowSettings(connection);
  const groups = await connection.ask(multipart.groups, readGroups);
  const markAfter = readMark(groups);
  const own = new Set<number>(markAfter.groups);
  const otherGroups = groups.map(({ id }) => id).filter((id) => !own.has(id));
  return { seen, flows, meters, settings, openFlow, otherGroups, markAfter };
}
