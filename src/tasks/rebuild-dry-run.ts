import type { Shard } from '../../events/estate.ts';
import type { OverlayObject } from '../../events/overlay-objects.ts';
import { appliedShard, type Hold } from '../../projections/applied/applied.ts';
import { hostsDrivenBy, hostsOfShard } from '../../projections/directory/directory.ts';
import { courseOf, emptiesRetired, type Course } from '../apply/plan/course.ts';
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
  /** The past state that the shard is held at and would stay at, so that nothing but quarantine would be driven; else null. */
  readonly held: Hold | null;
  /** The instant that the shard would be driven to. */
  readonly target: { readonly seq: number; readonly time: string };
  /** How many objects the shard's hosts would hold. */
  readonly objects: number;
  readonly hosts: readonly HostInspection[];
  /** Retired hosts that would be emptied; none of a shard that stays held. */
  readonly leaving: readonly LeavingInspection[];
  /** Of a past state: connections that it would open beyond what is authorised now. */
  readonly exposure: readonly ExposedRow[];
  /** The refusals that driving it would meet, each in a sentence. */
  readonly refusals: readonly RebuildRefusal[];
}

/** The hosts that could not be read, those that are to be emptied too. */
export function hostsAway({ hosts, leaving }: DryRun): string[] {
  return [...hosts.filter(({ drifted }) => drifted === null), ...leaving.filter(({ known }) => !known)].map(
    ({ host }) => host,
  );
}

/** `exposure` and `vni`: the hold, before anything is recorded. `host`: one host, which keeps no other from being driven. */
export interface RebuildRefusal {
  readonly kind: 'exposure' | 'vni' | 'host';
  readonly words: string;
}

/** A rebuild that is only thought of: of a past state, or of the present. With `resumes` a hold would end first. */
interface Rehearsal {
  readonly shard: Shard;
  readonly past: PastEstate | undefined;
  readonly resumes: boolean;
  readonly estate: Projected<Estate>;
}

/** Reads each host of a shard and compares it with what it would be driven to. Records and drives nothing. */
export async function dryRun(workspace: Workspace, of: Rehearsal): Promise<DryRun> {
  const { ledger } = workspace;
  const { estate } = of;
  for (let look = 1; ; look += 1) {
    const { size } = estate.cursor;
    const found = await lookAt(workspace, of);
    const isAsAcknowledged = [...found.hosts, ...found.leaving].every(({ refuses }) => refuses === null);
    if ((isAsAcknowledged && !found.hosts.some(({ drifted }) => drifted === true)) || look === looksMax)
      return found;
    await estate.catchUp(ledger);
    // Others may have driven the hosts meanwhile: what was found counts if nothing was recorded since.
    if (estate.cursor.size === size) return found;
  }
}

/** How often hosts are looked at again while others record what they did to them. */
const looksMax = 8;

async function lookAt(
  workspace: Workspace,
  { shard: document, past: asked, resumes, estate }: Rehearsal,
): Promise<DryRun> {
  const { shard } = document;
  const { intended } = estate.state;
  const driver = workspace.driverFor(document, hostsDrivenBy(intended.directory, shard));
  const applied = appliedShard(estate.state.applied, shard);
  const now = { seq: estate.cursor.size - 1, time: judgedAt(workspace.clock.now(), estate.recordedAt) };
  const past = asked === undefined ? undefined : pastState(shard, asked);
  const course = resumes ? { kind: 'present' as const } : courseOf(applied, past);
  const desired = desiredOn(course, { shard, at: now.time, estate: estate.state });
  const hosts = await inspectShard(driver, {
    hosts: hostsOfShard(intended.directory, shard),
    ...{ applied, desired, intended },
  });
  const leaving = emptiesRetired(course, undefined) ? await inspectLeaving(driver, applied) : [];
  const exposure = past === undefined ? [] : await holdExposure(workspace, { shard: document, past, estate });
  const refusals = [
    ...(past === undefined ? [] : vniClashes(past, intended).map(vniRefusal)),
    ...(exposure.length === 0 ? [] : [exposureRefusal]),
    ...[...hosts, ...leaving].flatMap(({ refuses }) =>
      refuses === null ? [] : [{ kind: 'host' as const, words: refuses }],
    ),
  ];
  const target = course.kind === 'present' ? now : { seq: course.hold.seq, time: course.hold.time };
  const held = course.kind === 'held' ? course.hold : null;
  const ledger = { id: workspace.ledger.id, size: estate.cursor.size, root: rootOf(estate.cursor) };
  const found = { ledger, held, target, objects: desired.length, hosts, leaving };
  return { shard, ...found, exposure, refusals };
}

/** The objects that a shard's hosts would hold in the end. */
function desiredOn(
  course: Course,
  { shard, at, estate: { intended, applied } }: { shard: string; at: string; estate: Estate },
): OverlayObject[] {
  switch (course.kind) {
    case 'present':
      return desiredObjects(intended, { shard, at });
    case 'held':
      return cutOff([...appliedShard(applied, shard).objects.values()], intended);
    case 'past':
      return cutOff(course.hold.objects, intended);
  }
}

const exposureRefusal: RebuildRefusal = {
  kind: 'exposure',
  words: 'the hold opens connections beyond what is authorised now: it takes --accept-exposure and --reason',
};

function vniRefusal(clash: VniClash): RebuildRefusal {
  return { kind: 'vni', words: clashWords(clash) };
}
