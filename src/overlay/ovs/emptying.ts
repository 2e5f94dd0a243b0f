import { foundText } from '../../runtime/found-text.ts';
import { FoundBeside, OverlayUnavailable } from '../faults.ts';
import { isSameMark } from '../fence.ts';
import type { HeldSet } from '../port.ts';
import { isOwnBridgePort } from './switch/bridge-change.ts';
import { forgetCachedFlows } from './switch/cached-flows.ts';
import { putFlows } from './switch/flows.ts';
import { findFlows } from './switch/found-flows.ts';
import { readHostMark, type FoundMark } from './switch/host-mark.ts';
import type { FoundFlow } from './pipeline/flow.ts';
import type { HostSwitch } from './switch/host-switch.ts';
import { keepSecure, makeBridge, removeBridge } from './switch/make-bridge.ts';
import { heldOf, type MarkText } from './switch/mark.ts';
import { meddlingAmong } from './switch/meddling.ts';
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
  const ports = Array.from(portsOfBridge(seen, seen.bridge?.row).values())
    .filter((port) => !isOwnBridgePort(at.bridge, port))
    .map(({ port }) => port.name);
  const flows = seen.bridge === undefined ? [] : (await findFlows(at)).others;
  const isShared = ports.length + flows.length > 0;
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
    await forgetCachedFlows(at);
    requireStill(at, { ports, flows });
  } else {
    await removeBridge(at, seen, to);
  }
  const { mark } = await readHostMark(at);
  if (mark.kind === 'marked' && isSameMark(mark, to)) return heldOf(to);
  throw new OverlayUnavailable(`${at.words} was emptied, and its mark cannot be read back`);
}

/**
 * Throws FoundBeside where packets may still pass on a bridge that was emptied. A port that is not ours by what it says may be one of
 * ours from which somebody took that: so it counts, where somebody else's flows decide.
 */
function requireStill(
  at: HostSwitch,
  { ports, flows }: { ports: readonly string[]; flows: readonly FoundFlow[] },
): void {
  const meddling = meddlingAmong(at, { flows, settings: { packets: [] } });
  if (ports.length === 0 || meddling === undefined) return;
  throw new FoundBeside(
    `${meddling.problem}; so packets may still pass between ports there that do not say that they are ours: ${foundText(ports.join(', '), 300)}`,
  );
}
