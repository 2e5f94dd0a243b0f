import type { Kinds } from '../../events/catalogue.ts';
import type { Entry } from '../../events/entry.ts';
import { segmentOf, tenantOf } from '../../events/names.ts';
import type { Moment } from '../../projections/isolation/history/interval.ts';
import { replay } from '../ledger/replay.ts';
import type { LedgerReader } from '../ledger/port.ts';
import { nearestName } from '../runtime/nearest.ts';
import { UnknownEnd } from './faults.ts';
import { momentWords } from '../words/moment-words.ts';

/** A name that nobody has from one moment to another, or at a single moment. */
interface Sought {
  readonly name: string;
  /** The names that are in use then. */
  readonly known: Iterable<string>;
  readonly during: { readonly from: Moment; readonly to: Moment };
}

/**
 * The complaint that nobody has a name. It tells when somebody had the name, or gets it later, so the whole ledger is
 * read. Throws the errors of reading a ledger.
 */
export async function unknownEnd(ledger: LedgerReader, { name, known, during }: Sought): Promise<UnknownEnd> {
  const { from, to } = during;
  const when =
    from.seq === to.seq && from.time === to.time
      ? `as of ${whenWords(to)}`
      : `from ${whenWords(from)} to ${whenWords(to)}`;
  const atOtherTimes = otherTimes(await turnsOf(ledger, name), to);
  // A former or later holder of the name is more likely meant than the holder of a similar name.
  const nearest = atOtherTimes === undefined ? nearestName(name, known) : undefined;
  return new UnknownEnd(name, { when, atOtherTimes, nearest, isBeforeAll: to.seq < 0 });
}

function whenWords(moment: Moment): string {
  return moment.seq < 0 ? `${moment.time}, before the first entry` : momentWords(moment);
}

/** In words, when the last holder of a name went before a moment; or else when the next holder comes after it. */
function otherTimes(turns: readonly Turn[], { seq }: Moment): string | undefined {
  const before = turns.findLast((turn) => turn.seq <= seq);
  if (before?.isThere === false) return `${before.kind} of that name was retired at ${momentWords(before)}`;
  const after = turns.find((turn) => turn.seq > seq);
  return after?.isThere === true
    ? `${after.kind} of that name is registered only at ${momentWords(after)}`
    : undefined;
}

/** Tells that a holder of a name is there, or is not, by some entry. */
interface Presence {
  readonly kind: 'a tenant' | 'a segment' | 'an external';
  readonly isThere: boolean;
}

/** An entry with which a holder of a name came or went. */
type Turn = Presence & Moment;

/** The comings and goings of a name's holders, in the order of the ledger. */
async function turnsOf(ledger: LedgerReader, name: string): Promise<Turn[]> {
  const turns: Turn[] = [];
  await replay(ledger, {
    onBatch: ({ entries }) => {
      for (const entry of entries) {
        const presence = presenceIn(entry, name);
        const isThereNow = turns.at(-1)?.isThere ?? false;
        if (presence === undefined || presence.isThere === isThereNow) continue;
        turns.push({ ...presence, seq: entry.seq, time: entry.recordedAt });
      }
    },
  });
  return turns;
}

function presenceIn(entry: Entry, name: string): Presence | undefined {
  switch (entry.type) {
    case 'TenantRegistered':
    case 'TenantChanged':
      return presenceOf(entry.data, name, true);
    case 'TenantRetired':
      return presenceOf({ ...entry.data, segments: [] }, name, false);
    case 'ExternalRegistered':
    case 'ExternalRetired':
      return entry.data.external === name
        ? { kind: 'an external', isThere: entry.type === 'ExternalRegistered' }
        : undefined;
    default:
      entry.type satisfies LeftAlone;
      return undefined;
  }
}

/** The kinds of events with which no end of a flow comes or goes. */
type LeftAlone = Kinds<
  // What a program kept of the entries is no entry about the estate.
  | 'StateKept'
  // Who works in the service is no entry about the estate.
  | 'RoleTaken'
  | 'EntrySkipped'
  // What the verifier found changes nothing by itself.
  | 'IsolationViolated'
  | 'IsolationRestored'
  | 'IsolationAttested'
  // What hosts dropped was between ends that are there without it.
  | 'DropsObserved'
  // The external keeps its name.
  | 'ExternalChanged'
  // A tenant keeps its name wherever it stands, and whatever it may do.
  | 'TenantPlaced'
  | 'TenantMoved'
  | 'TenantQuarantined'
  | 'TenantReleased'
  | 'SegmentQuarantined'
  | 'SegmentReleased'
  | 'ExternalQuarantined'
  | 'ExternalReleased'
  | 'VniReleased'
  | 'VniAllocated'
  | 'EndpointsChanged'
  | 'PolicyEnacted'
  | 'PolicyRevoked'
  | 'GrantOpened'
  | 'GrantLapsed'
  // Shards, hosts and plans are no ends of flows.
  | 'ShardRegistered'
  | 'ShardChanged'
  | 'ShardRetired'
  | 'HostRegistered'
  | 'HostChanged'
  | 'HostRetired'
  | 'HostGone'
  | 'ChangePlanned'
  | 'ChangeApplied'
  | 'ChangeFailed'
  | 'HostCleared'
  | 'ShardHeld'
  | 'ShardResumed'
  | 'BypassOpened'
  | 'BypassClosed'
  | 'BypassSettled'
  | 'DriftDetected'
  | 'DriftCorrected'
>;

/** The presence of a name by a tenant's document: its own name, or one of its segments. */
function presenceOf(
  { tenant, segments }: { readonly tenant: string; readonly segments: readonly string[] },
  name: string,
  isThere: boolean,
): Presence | undefined {
  if (tenant === name) return { kind: 'a tenant', isThere };
  if (tenant !== tenantOf(name)) return undefined;
  return { kind: 'a segment', isThere: segments.some((segment) => segmentOf(tenant, segment) === name) };
}
