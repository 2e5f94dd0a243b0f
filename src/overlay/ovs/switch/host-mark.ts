import { ForeignState } from '../../../runtime/errors.ts';
import { foundText } from '../../../runtime/found-text.ts';
import { NotProvablyOurs, OverlayUnavailable } from '../../faults.ts';
import type { HostMark } from '../../port.ts';
import type { BridgeStanding } from '../ovsdb/tables.ts';
import { openings } from './bridge-change.ts';
import { countOwnFlows } from './flow-counts.ts';
import { findFlows } from './found-flows.ts';
import type { HostSwitch } from './host-switch.ts';
import { listenersOf, readControllers } from './listeners.ts';
import { heldOf, readMark, readMarkWords, type MarkText, type SwitchMark } from './mark.ts';
import { meddlingAmong, unreadableFor, type Unfit } from './meddling.ts';
import { multipart, readGroups } from './openflow-messages.ts';
import { hostKey, ledgerKey, shardKey } from './owner.ts';
import { isMute, lostDatapath } from './speech.ts';
import { readStanding, type SwitchStanding } from './switch-view.ts';

/** What a host is marked with, and where that was read. */
export interface FoundMark {
  readonly mark: HostMark;
  /** Of the bridge alone. */
  readonly atBridge: SwitchMark;
  readonly standing: SwitchStanding;
}

/** In `external_ids` of a switch: what the host was given last, once it holds nothing and its bridge is gone. */
export function emptiedKey(bridge: string): string {
  return `isoledger-${bridge}`;
}

/**
 * Reads what a host is marked with: by its bridge; where that is not there or has no mark, by what was left in the database
 * when it was emptied. A bridge that goes meanwhile is no host that is away. Throws ForeignState, NotProvablyOurs and OverlayUnavailable.
 */
export async function readHostMark(at: HostSwitch): Promise<FoundMark> {
  for (let attempt = 1; ; attempt++) {
    const standing = await readStanding(at.database, at.bridge);
    try {
      return await readMarkAt(at, standing);
    } catch (fault) {
      const isLast = attempt === attemptsMax || !(fault instanceof OverlayUnavailable);
      if (isLast || (await isSameBridge(at, standing))) throw fault;
      at.forgetOpenFlow();
    }
  }
}

/** How often a bridge is asked anew that was taken away, or made, while it was asked. */
const attemptsMax = 3;

async function isSameBridge(at: HostSwitch, { bridge }: SwitchStanding): Promise<boolean> {
  return (await readStanding(at.database, at.bridge)).bridge?.uuid === bridge?.uuid;
}

async function readMarkAt(at: HostSwitch, standing: SwitchStanding): Promise<FoundMark> {
  if (standing.bridge === undefined) return markBy(at, { atBridge: noGroups, standing });
  const found = await markBy(at, { atBridge: await readBridgeMark(at, standing), standing });
  if (found.atBridge.kind !== 'nothing' || found.mark.kind !== 'unreadable') return found;
  // Mark and flows come together, but they are asked for one after the other: the first set may have come in between.
  const atBridge = await readBridgeMark(at, standing);
  return atBridge.kind === 'nothing' ? found : markBy(at, { atBridge, standing });
}

async function markBy(at: HostSwitch, by: Pick<FoundMark, 'atBridge' | 'standing'>): Promise<FoundMark> {
  return { mark: await hostMark(at, by), ...by };
}

const noGroups: SwitchMark = { kind: 'nothing', groups: [] };

/** The most characters of a bridge's settings that are told. */
const spokenMax = 200;

async function readBridgeMark(at: HostSwitch, standing: SwitchStanding): Promise<SwitchMark> {
  const former = requireOwn(at, standing);
  const silence = silenceOf(standing);
  if (silence !== undefined) return { kind: 'unreadable', problem: silence, groups: [] };
  try {
    const connection = await at.openFlow(standing);
    const mark = readMark(await connection.ask(multipart.groups, readGroups));
    return former === undefined
      ? mark
      : { kind: 'unreadable', problem: ofFormer(former), groups: mark.groups };
  } catch (error) {
    const unheard = error instanceof OverlayUnavailable ? await unheardAt(at, standing) : undefined;
    if (unheard === undefined) throw error;
    return { kind: 'unreadable', problem: unheard, groups: [] };
  }
}

/**
 * The host whose bridge it was, where that one is driven no more: it was retired, or is said to be gone. Throws NotProvablyOurs for
 * a bridge that is nobody's, or of another host that is driven; ForeignState.
 */
function requireOwn(at: HostSwitch, { bridge }: SwitchStanding): string | undefined {
  const ids = bridge?.row.external_ids ?? new Map<string, string>();
  const [ledger, shard] = [ids.get(ledgerKey), ids.get(shardKey)];
  if (ledger === undefined || shard === undefined)
    throw new NotProvablyOurs(
      `${at.words} is there, and nothing says that it is ours`,
      `take it away (ovs-vsctl del-br ${at.bridge})`,
    );
  if (ledger !== at.owner.ledger) throw new ForeignState(at.words, ledger);
  const whose = ids.get(hostKey) ?? at.host;
  if (shard !== at.owner.shard || whose === at.host) return undefined;
  if (at.isDriven(whose)) throw ofAnotherHost(at, whose);
  return whose;
}

/** Why a bridge does not speak, where a change puts that right by the database. */
function silenceOf(standing: SwitchStanding): string | undefined {
  const { row } = standing.bridge ?? {};
  if (row === undefined) return undefined;
  if (isMute(row))
    return `it may not speak OpenFlow 1.5, only ${foundText([...row.protocols].sort().join(', '), spokenMax)}`;
  const made = lostDatapath(standing);
  if (made === undefined) return undefined;
  const now = foundText(row.datapath_type || 'system', spokenMax);
  return `somebody put it on the datapath ${now}, which its switch does not have: it was made on ${made}`;
}

/** Why a bridge is not heard, where it does not listen at the place that the host's document names. */
async function unheardAt(at: HostSwitch, standing: SwitchStanding): Promise<string | undefined> {
  const { openFlowAddress } = at;
  const { controller: referred = new Set<string>() } = standing.bridge?.row ?? {};
  if (openFlowAddress === undefined) return undefined;
  const { wanted } = listenersOf(at, { referred, rows: await readControllers(at, standing) });
  return wanted.length > 0
    ? undefined
    : `it takes no OpenFlow at ${openFlowAddress}, as the host's document has it`;
}

function ofAnotherHost({ host, words, bridge }: HostSwitch, whose: string): NotProvablyOurs {
  const other = foundText(whose);
  return new NotProvablyOurs(
    `${words} is that of host ${other}, by what is written there`,
    `where the ovsdb of both leads to one switch, host ${host} is left alone until its document names a switch of its own, or the other host is retired and emptied; where host ${other} is off for good or never was, isoledger gone ${other} --reason TEXT says so, and host ${host} takes the switch over; where host ${other} has a switch of its own, somebody wrote its name there: take the bridge away (ovs-vsctl del-br ${bridge})`,
    whose,
  );
}

/** Whatever is there is that one's: it is replaced whole. */
function ofFormer(whose: string): string {
  return `it is that of host ${foundText(whose)}, which is gone or was retired`;
}

async function hostMark(
  at: HostSwitch,
  { atBridge, standing: { root, bridge } }: Pick<FoundMark, 'atBridge' | 'standing'>,
): Promise<HostMark> {
  switch (atBridge.kind) {
    case 'marked':
      return judged(at, atBridge.mark);
    case 'unreadable':
      return { kind: 'unreadable', problem: `${at.words}: ${atBridge.problem}` };
    case 'nothing': {
      const forwarding = bridge === undefined ? undefined : await forwardingAt(at, bridge.row);
      if (forwarding !== undefined) return forwarding;
      const left = root.row.external_ids.get(emptiedKey(at.bridge));
      if (left === undefined) return { kind: 'nothing' };
      const mark = readMarkWords(left);
      return mark === undefined
        ? { kind: 'unreadable', problem: `what was left of ${at.words} in the database is no mark` }
        : judged(at, mark);
    }
  }
}

/**
 * By what a bridge that lost its mark may forward packets; undefined where there is nothing, as in one that is being made, or whose
 * switch started anew.
 */
async function forwardingAt(at: HostSwitch, row: BridgeStanding): Promise<Unfit | undefined> {
  const open = openings(row);
  if (open.length > 0)
    return unreadableFor(at, 'no mark, and settings by which its switch may forward by itself', open);
  if ((await countOwnFlows(at)) > 0)
    return { kind: 'unreadable', problem: `${at.words} has flows of ours, and no mark` };
  const { others } = await findFlows(at);
  return meddlingAmong(at, { flows: others, settings: { packets: [] } });
}

function judged(at: HostSwitch, mark: MarkText): HostMark {
  if (mark.ledger !== at.owner.ledger) throw new ForeignState(at.words, mark.ledger);
  if (mark.shard === at.owner.shard) return { kind: 'marked', ...heldOf(mark) };
  return {
    kind: 'unreadable',
    problem: `${at.words} is marked with plan ${String(mark.plan)} of another shard`,
    ofAnother: mark.plan,
  };
}
