import { FoundBeside } from '../faults.ts';
import type { HostChange } from '../port.ts';
import type { SetModel } from './pipeline/model.ts';
import type { ShardModel } from './shard-model.ts';
import type { HostSwitch } from './switch/host-switch.ts';
import { unreadableFor, type Unfit } from './switch/meddling.ts';
import { sharedPorts, takingTunnels } from './switch/shared-ports.ts';
import { readSwitchPorts, type SwitchPorts } from './switch/switch-view.ts';

/** By what other bridges of the switch take packets of ours, or give ours some, past its flows. */
export function reachedFromElsewhere(at: HostSwitch, model: SetModel, seen: SwitchPorts): string[] {
  const has = (vni: number): boolean => at.isOwnVni(vni) || model.segments.has(vni);
  const localIp = model.host(at.host)?.tunnelIp ?? '';
  const ours = { localIp, remoteIps: model.hostsByTunnel, vnis: { has } };
  return [...sharedPorts(seen), ...takingTunnels(seen, ours)];
}

export function portsUnfit(at: HostSwitch, problems: readonly string[]): Unfit {
  return { ...unreadableFor(at, 'ports that are not as they have to be', problems), isOthers: true };
}

/**
 * A whole set, and a change that brings hosts or networks, may make packets ours that others take already: that is looked at where they
 * begin to come. Throws FoundBeside.
 */
export async function requireOursAlone(
  at: HostSwitch,
  models: ShardModel,
  change: HostChange,
): Promise<void> {
  if (
    typeof change.from !== 'string' &&
    !change.put.some(({ kind }) => kind === 'host' || kind === 'network')
  )
    return;
  const seen = await readSwitchPorts(at.database, at.bridge);
  const model = models.of({ digest: change.digest, objects: change.after.values() });
  const problems = reachedFromElsewhere(at, model, seen);
  if (problems.length > 0) throw new FoundBeside(portsUnfit(at, problems).problem);
}
