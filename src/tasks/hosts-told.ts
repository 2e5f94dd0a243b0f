import { appliedShard, type AppliedShard } from '../../projections/applied/applied.ts';
import { hostsOfShard } from '../../projections/directory/directory.ts';
import type { Quarantinable } from '../../projections/intended/quarantine.ts';
import type { ShardSynced } from '../apply/drive/shard-synced.ts';
import type { Synced } from '../apply/drive/sync.ts';
import { isCutOff } from '../apply/plan/cut-off.ts';
import { mayHold, type QuarantineIntent } from '../apply/record/quarantine.ts';

/** Whether a host cuts a tenant, segment or external off, after it was told to, or to cease. */
export interface HostTold {
  readonly shard: string;
  readonly host: string;
  /** True only for a host that is known to; after a release, false only for a host that is known not to. */
  readonly cut: boolean;
  /** Why the host is not as it was told to be, or had nothing to do; undefined for a host that did as it was told. */
  readonly why: string | undefined;
}

interface Told {
  readonly intent: QuarantineIntent;
  readonly subject: Quarantinable;
}

/** A shard after it was driven, and what its hosts were told. */
interface Place {
  readonly synced: ShardSynced;
  readonly shard: AppliedShard;
  readonly told: Told;
}

/** All hosts of the shards that were driven, and their retired hosts, by shard and name. */
export function hostsTold({ shards, estate }: Synced, told: Told): HostTold[] {
  const { intended, applied } = estate.state;
  return shards.flatMap((synced) => {
    const shard = appliedShard(applied, synced.shard);
    const present = hostsOfShard(intended.directory, synced.shard);
    const leaving = [...synced.cleared, ...shard.leavingHosts].filter((host) => !present.includes(host));
    return [
      ...present.map((host) => presentHost(host, { synced, shard, told })),
      ...leaving.sort().map((host) => retiredHost(host, { synced, shard, told })),
    ];
  });
}

function presentHost(host: string, at: Place): HostTold {
  const { synced, shard, told } = at;
  const row = { shard: synced.shard, host };
  const isCutTold = told.intent === 'quarantine';
  if (!mayHold(shard, { host, subject: told.subject })) return { ...row, cut: isCutTold, why: notCarried };
  const problem = problemOf(host, synced) ?? lagOf(host, shard);
  if (problem !== undefined)
    return { ...row, cut: !isCutTold, why: isCutTold ? problem : `it may be: ${problem}` };
  const cut = isCutOff(shard.objects, told.subject);
  return { ...row, cut, why: cut === isCutTold ? undefined : otherwiseWords(at) };
}

/** A retired host is told of nothing: it is emptied. */
function retiredHost(host: string, { synced, shard, told }: Place): HostTold {
  const row = { shard: synced.shard, host };
  const isCutTold = told.intent === 'quarantine';
  if (synced.cleared.includes(host)) return { ...row, cut: isCutTold, why: 'retired, and empty now' };
  if (!mayHold(shard, { host, subject: told.subject })) return { ...row, cut: isCutTold, why: notCarried };
  const problem = problemOf(host, synced) ?? 'isoledger sync empties it';
  return { ...row, cut: false, why: `retired, and not emptied yet: ${problem}` };
}

const notCarried = 'it does not carry it';

/** Why a host was not driven, in words; undefined where it was. */
function problemOf(host: string, { absent, refused, taken }: ShardSynced): string | undefined {
  if (taken !== undefined) return taken.message;
  const refusal = refused.find((one) => one.host === host);
  return refusal?.fault.message ?? absent.find((one) => one.host === host)?.problem;
}

/** Why a host that was driven is not known to hold the last plan; undefined where it is. */
function lagOf(host: string, { plan, hosts, drifted }: AppliedShard): string | undefined {
  const acknowledged = hosts.get(host)?.plan ?? 0;
  if (acknowledged !== plan) return `it acknowledged plan ${String(acknowledged)} of ${String(plan)}`;
  return drifted.has(host) ? 'it was found to hold something else than it acknowledged' : undefined;
}

/** Why the last plan of a shard does otherwise than was told. */
function otherwiseWords({ synced, shard, told }: Place): string {
  if (told.intent === 'release' && synced.held !== undefined)
    return 'the shard is held: the cut stays until it is resumed, or held anew';
  return `plan ${String(shard.plan)} is for what somebody else decided meanwhile: give the command again`;
}
