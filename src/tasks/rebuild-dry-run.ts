import type { Shard } from '../../events/estate.ts';
import { appliedShard } from '../../projections/applied/applied.ts';
import { hostsOfShard } from '../../projections/directory/directory.ts';
import { cutOff } from '../apply/plan/cut-off.ts';
import { pastState, vniClashes, type PastEstate, type VniClash } from '../apply/record/hold.ts';
import {
  inspectLeaving,
  inspectShard,
  type HostInspection,
  type LeavingInspection,
} from '../apply/drive/inspect-shard.ts';
import type { Head } from '../ledger/port.ts';
import { rootOf } from '../ledger/replay.ts';
import { judgedAt } from '../ledger/instants.ts';
import type { Estate } from '../projector/estate-projection.ts';
import type { Projected } from '../projector/projection.ts';
import { desiredObjects } from '../translate/desired-objects.ts';
import { clashWords } from '../words/clash-words.ts';
import { holdExposure, type ExposedRow } from './hold-exposure.ts';
import type { Workspace } from './workspace.ts';

/** The objects that each host of a shard holds, and the changes that driving it would make. */
export interface DryRun {
  readonly shard: string;
  /** The ledger that this was judged on. */
  readonly ledger: { readonly id: string } & Head;
  /** The instant that the shard would be driven to. */
  readonly target: { readonly seq: number; readonly time: string };
  /** How many objects the shard's hosts would hold. */
  readonly objects: number;
  readonly hosts: readonly HostInspection[];
  /** Retired hosts that would be emptied; none of a shard that is to be held. */
  readonly leaving: readonly LeavingInspection[];
  /** Of a past state: connections that it would open beyond what is authorised now. */
  readonly exposure: readonly ExposedRow[];
  /** The refusals that driving it would meet, each in a sentence. */
  readonly refusals: readonly RebuildRefusal[];
}

/** `exposure` and `vni`: the hold, before anything is recorded. `host`: one host, which keeps no other from being driven. */
export interface RebuildRefusal {
  readonly kind: 'exposure' | 'vni' | 'host';
  readonly words: string;
}

/** Reads each host of a shard and compares it with the present, or with a past state. Records and drives nothing. */
export async function dryRun(
  workspace: Workspace,
  of: { shard: Shard; past: PastEstate | undefined; estate: Projected<Estate> },
): Promise<DryRun> {
  const { ledger } = workspace;
  const { estate } = of;
  for (let look = 1; ; look += 1) {
    const { size } = estate.cursor;
    const found = await lookAt(workspace, of);
    const isAsAcknowledged = [...found.hosts, ...found.leaving].every(({ refuses }) => refuses === null);
    if ((isAsAcknowledged && !found.hosts.some(({ drifted }) => drifted)) || look === looksMax) return found;
    await estate.catchUp(ledger);
    // Others may have driven the hosts meanwhile: what was found counts if nothing was recorded since.
    if (estate.cursor.size === size) return found;
  }
}

/** How often hosts are looked at again while others record what they did to them. */
const looksMax = 8;

async function lookAt(
  workspace: Workspace,
  { shard, past, estate }: Parameters<typeof dryRun>[1],
): Promise<DryRun> {
  const { clock, driverFor } = workspace;
  const { intended, applied } = estate.state;
  const at = { seq: estate.cursor.size - 1, time: judgedAt(clock.now(), estate.recordedAt) };
  const held = past === undefined ? undefined : pastState(shard.shard, past);
  const desired =
    held === undefined
      ? desiredObjects(intended, { shard: shard.shard, at: at.time })
      : cutOff(held.objects, intended);
  const hosts = await inspectShard(driverFor(shard), {
    hosts: hostsOfShard(intended.directory, shard.shard),
    applied: appliedShard(applied, shard.shard),
    desired,
    quarantine: intended.quarantine,
  });
  const leaving = await inspectLeaving(driverFor(shard), appliedShard(applied, shard.shard));
  const exposure = held === undefined ? [] : await holdExposure(workspace, { shard, past: held, estate });
  const refusals = [
    ...(held === undefined ? [] : vniClashes(held, intended).map(vniRefusal)),
    ...(exposure.length === 0 ? [] : [exposureRefusal]),
    ...[...hosts, ...leaving].flatMap(({ refuses }) =>
      refuses === null ? [] : [{ kind: 'host' as const, words: refuses }],
    ),
  ];
  const target = past === undefined ? at : { seq: past.seq, time: past.time };
  const ledger = { id: workspace.ledger.id, size: estate.cursor.size, root: rootOf(estate.cursor) };
  return { shard: shard.shard, ledger, target, objects: desired.length, hosts, leaving, exposure, refusals };
}

const exposureRefusal: RebuildRefusal = {
  kind: 'exposure',
  words: 'the hold opens connections beyond what is authorised now: it takes --accept-exposure and --reason',
};

function vniRefusal(clash: VniClash): RebuildRefusal {
  return { kind: 'vni', words: clashWords(clash) };
}
