import { findFlows, type FoundFlows } from './switch/found-flows.ts';
import type { HostSwitch } from './switch/host-switch.ts';
import { readMark, type SwitchMark } from './switch/mark.ts';
import { readBridgeMeters } from './switch/meters.ts';
import { multipart, readGroups, type SwitchMeter } from './switch/openflow-messages.ts';
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
  const markAfter = readMark(await connection.ask(multipart.groups, readGroups));
  return { seen, flows, meters, settings, markAfter };
}
