import { compareNaturally } from '../runtime/natural-order.ts';
import { appliedShard, type AppliedShard } from '../../projections/applied/applied.ts';
import { hostsOfShard, type Directory } from '../../projections/directory/directory.ts';
import type { Quarantinable } from '../../projections/intended/quarantine.ts';
import { endWords } from '../apply/drive/drive-beside.ts';
import type { ShardSynced } from '../apply/drive/shard-synced.ts';
import type { Synced } from '../apply/drive/sync.ts';
import type { Estate } from '../projector/estate-projection.ts';
import type { Projected } from '../projector/projection.ts';
import { isCutOff, isSameCutSince } from '../apply/plan/cut-off.ts';
import { mayHold, type QuarantineIntent } from '../apply/record/quarantine.ts';

/** A host after it was told to cut a tenant, segment or external off, or to cease. */
export interface HostTold {
  readonly shard: string;
  readonly host: string;
  /** True only if the host is known to cut it off; after a release, false only if the host is known not to. */
  readonly cut: boolean;
  /** The reason for which the host does otherwise, or had nothing to do; undefined if it does as it was told. */
  readonly why: string | undefined;
  /** True of one that was told of nothing, since a person said that it is gone. */
  readonly gone?: true;
}

interface Instruction {
  readonly intent: QuarantineIntent;
  readonly subject: Quarantinable;
}

/** A shard after it was driven, and what its hosts were told. */
interface ToldShard {
  readonly synced: ShardSynced;
  readonly shard: AppliedShard;
  readonly directory: Directory;
  readonly told: Instruction;
}

/** All hosts of the shards that were driven, and their retired hosts, by shard and name. */
export function hostsTold({ shards, estate }: Synced, told: Instruction): HostTold[] {
  const { directory } = estate.state.intended;
  const at = { told, directory };
  return shards.flatMap((synced) => {
    const shard = appliedShard(estate.state.applied, synced.shard);
    const present = hostsOfShard(directory, synced.shard);
    const leaving = [...synced.cleared, ...shard.leavingHosts].filter((host) => !present.includes(host));
    return [
      ...present.map((host) => presentHost(host, { ...at, synced, shard })),
      ...leaving.sort(compareNaturally).map((host) => retiredHost(host, { ...at, synced, shard })),
      ...goneHosts(directory, synced.shard).map((host) => goneHost(host, { ...at, synced, shard })),
    ];
  });
}

/** Hosts that nobody told yet, by what they acknowledged, of so many that carry the subject. */
export interface Untold {
  readonly hosts: readonly Pick<HostTold, 'shard' | 'host'>[];
  readonly carriers: number;
  /** Their shards that are held: there a release waits for the end of that, and a quarantine does not. */
  readonly held: readonly string[];
}

/** The hosts of shards that were not driven, as far as they are not known to do as is asked. */
export function hostsUntold(
  { shards, estate }: { readonly shards: readonly string[]; readonly estate: Projected<Estate> },
  told: Instruction,
): Untold {
  const carriers = hostsTold({ shards: shards.map(undriven), estate }, told).filter(
    ({ why, gone }) => why !== notCarried && gone !== true,
  );
  const otherwise = carriers.filter(({ cut }) => cut !== (told.intent === 'quarantine'));
  const isHeld = (shard: string): boolean => appliedShard(estate.state.applied, shard).held !== undefined;
  return {
    hosts: otherwise.map(({ shard, host }) => ({ shard, host })),
    carriers: carriers.length,
    held: shards.filter((name) => isHeld(name) && otherwise.some(({ shard }) => shard === name)),
  };
}

function undriven(shard: string): ShardSynced {
  return { shard, plan: 0, driven: [], upToDate: [], cleared: [], drifted: [], absent: [], refused: [] };
}

function presentHost(host: string, at: ToldShard): HostTold {
  const { synced, shard, told, directory } = at;
  const row = { shard: synced.shard, host };
  const isCutTold = told.intent === 'quarantine';
  if (!mayCarry(host, at)) return { ...row, cut: isCutTold, why: notCarried };
  const problem = problemOf(host, synced) ?? lagOf(host, at);
  if (problem !== undefined)
    return { ...row, cut: !isCutTold, why: isCutTold ? problem : `it may be: ${problem}` };
  const cut = isCutOff(shard, told.subject, directory);
  return { ...row, cut, why: cut === isCutTold ? byHandWords(host, at) : otherwiseWords(at) };
}

/** A retired host is told of nothing: it is emptied. */
function retiredHost(host: string, at: ToldShard): HostTold {
  const { synced, told } = at;
  const row = { shard: synced.shard, host };
  const isCutTold = told.intent === 'quarantine';
  if (synced.cleared.includes(host)) return { ...row, cut: isCutTold, why: 'retired, and empty now' };
  if (!mayCarry(host, at)) return { ...row, cut: isCutTold, why: notCarried };
  const problem = problemOf(host, synced) ?? 'isoledger sync empties it';
  return { ...row, cut: false, why: `retired, and not emptied yet: ${problem}` };
}

function goneHosts({ goneHosts: all }: Directory, shard: string): string[] {
  const there = [...all.values()].filter((host) => host.shard === shard);
  return there.map(({ host }) => host).sort(compareNaturally);
}

/** Nobody can tell what is there. By the word of whoever said so it holds nothing, which is no failure of what is asked now. */
function goneHost(host: string, { synced, told }: ToldShard): HostTold {
  const why = 'somebody said so: isoledger verify names who';
  return { shard: synced.shard, host, cut: told.intent === 'quarantine', why, gone: true };
}

/** Of a host that never acknowledged anything, and was not reached now either, nobody knows what it carries. */
function mayCarry(host: string, { synced, shard, directory, told: { subject } }: ToldShard): boolean {
  const isUnseen = !shard.hosts.has(host) && problemOf(host, synced) !== undefined;
  return isUnseen || mayHold(shard, { host, subject, directory });
}

const notCarried = 'it does not carry it';

/** The reason for which a host was not driven, in words; undefined if it was. */
function problemOf(host: string, { absent, refused, taken }: ShardSynced): string | undefined {
  if (taken !== undefined) return taken.message;
  const refusal = refused.find((one) => one.host === host);
  return refusal?.fault.message ?? absent.find((one) => one.host === host)?.problem;
}

/**
 * The reason for which a host is not known to do as the last plan of its shard has it, in words; undefined if it is. Plans that
 * others caused meanwhile, and that leave the subject alone, are none.
 */
function lagOf(host: string, { synced, shard, directory, told: { subject } }: ToldShard): string | undefined {
  const { plan, hosts, drifted } = shard;
  if (drifted.has(host)) {
    const found = 'it was found to hold something else than it acknowledged';
    const left = byHandWords(host, { synced, shard });
    return left === undefined ? found : `${found}; ${left}`;
  }
  const acknowledged = hosts.get(host)?.plan ?? 0;
  if (acknowledged === plan || isSameCutSince(shard, acknowledged, { subject, directory })) return undefined;
  return `it acknowledged plan ${String(acknowledged)} of ${String(plan)}`;
}

/** A host that a person changes by hand does as it was told beside what is done there, which nobody knows here. */
function byHandWords(
  host: string,
  { synced, shard: { bypasses } }: Pick<ToldShard, 'synced' | 'shard'>,
): string | undefined {
  if (!bypasses.open.has(host)) return undefined;
  return `a bypass is open there, beside which it may hold something else; ${endWords({ shard: synced.shard, host })}`;
}

/** The reason for which the last plan of a shard does otherwise, in words. */
function otherwiseWords({ synced, shard, told }: ToldShard): string {
  if (told.intent === 'release' && synced.held !== undefined)
    return 'the shard is held: the cut stays until it is resumed, or held anew';
  return `plan ${String(shard.plan)} is for what somebody else decided meanwhile: give the command again`;
}
