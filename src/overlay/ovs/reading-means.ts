import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { OverlayUnavailable } from '../faults.ts';
import type { HostMeans } from '../port.ts';
import type { HostSwitch } from './switch/host-switch.ts';
import { readStanding } from './switch/switch-view.ts';
import { Unixctl } from './switch/unixctl.ts';
import { featuresIn, meansOf, versionIn } from './switch-means.ts';

/** How long each of these questions may take, in milliseconds. */
const answerMs = 5_000;

/**
 * Asks a switch what it is able to do. Its database has to answer (OverlayUnavailable); whatever else does not, or is told only on its own
 * machine, counts as not told.
 */
export async function readMeans(at: HostSwitch): Promise<HostMeans> {
  const standing = await readStanding(at.database, at.bridge);
  const { root, bridge } = standing;
  // One that its switch is still to make is no bridge that tells nothing.
  if (bridge !== undefined) await ifTold(at.openFlow(standing));
  const { ovs_version: noted, datapath_types: datapathTypes } = root.row;
  using daemon = new Unixctl({
    ...{ host: at.host, endpoints: at.endpoints, clock: at.clock },
    requestMs: answerMs,
  });
  const [version, features, meters, ofctl] = await Promise.all([
    ifTold(daemon.ask('version')),
    bridge && ifTold(daemon.ask('dpif/show-dp-features', at.bridge)),
    bridge && ifTold(at.ofctl.meterFeatures()),
    ofctlWords(),
  ]);
  return meansOf({
    version: (version === undefined ? undefined : versionIn(version)) ?? noted,
    datapathTypes: [...datapathTypes].sort(),
    // An empty text is the datapath of the kernel.
    datapathType: bridge === undefined ? undefined : bridge.row.datapath_type || 'system',
    features: features === undefined ? undefined : featuresIn(features),
    meters,
    ofctl,
  });
}

async function ifTold<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof OverlayUnavailable) return undefined;
    throw error;
  }
}

/** What ovs-ofctl of this machine says of itself; undefined where there is none that runs. */
async function ofctlWords(): Promise<string | undefined> {
  try {
    return (await promisify(execFile)('ovs-ofctl', ['--version'], { timeout: answerMs })).stdout;
  } catch {
    return undefined;
  }
}
