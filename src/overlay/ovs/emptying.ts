import { OverlayUnavailable } from '../faults.ts';
import { isSameMark } from '../fence.ts';
import type { HeldSet } from '../port.ts';
import { isOwnBridgePort } from './switch/bridge-change.ts';
import { putFlows } from './switch/flows.ts';
import { findFlows } from './switch/found-flows.ts';
import { readHostMark, type FoundMark } from './switch/host-mark.ts';
import type { HostSwitch } from './switch/host-switch.ts';
import { keepSecure, makeBridge, removeBridge } from './switch/make-bridge.ts';
import { heldOf, type MarkText } from './switch/mark.ts';
import { portsOfBridge, readSwitchPorts } from './switch/switch-view.ts';

/**
 * Takes everything of ours away from a host. The flows go first, under the new mark; then the bridge, whose mark stays behind
 * in the database. A bridge with something of others in it stays, with that and the mark alone.
 */
export async function emptyHost(at: HostSwitch, first: FoundMark, to: MarkText): Promise<HeldSet> {
  // First of all, since the mark would go with the flows.
  const found = (await keepSecure(at, first.standing)) ? await readHostMark(at) : first;
  const seen = await readSwitchPorts(at.database, at.bridge);
  if (seen.bridge !== undefined)
    await putFlows(at, {
      from: found.atBridge,
      to,
      flows: { kind: 'whole', flows: [] },
      forget: 'every',
    });
  const isShared =
    Array.from(portsOfBridge(seen, seen.bridge?.row).values()).some(
      (port) => !isOwnBridgePort(at.bridge, port),
    ) ||
    (seen.bridge !== undefined && (await hasForeignFlows(at)));
  if (isShared) {
    const nothing = {
      name: at.bridge,
      owner: at.owner,
      host: undefined,
      ports: new Map(),
      tunnelIp: undefined,
      isFirst: true,
    };
    await makeBridge(at, seen, nothing);
  } else {
    await removeBridge(at, seen, to);
  }
  const { mark } = await readHostMark(at);
  if (mark.kind === 'marked' && isSameMark(mark, to)) return heldOf(to);
  throw new OverlayUnavailable(`${at.words} was emptied, and its mark cannot be read back`);
}

async function hasForeignFlows(at: HostSwitch): Promise<boolean> {
  const { others } = await findFlows(at);
  return others.length > 0;
}
