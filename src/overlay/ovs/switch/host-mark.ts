import { ForeignState } from '../../../runtime/errors.ts';
import { foundText } from '../../../runtime/found-text.ts';
import { InTheWay } from '../../faults.ts';
import type { HostMark } from '../../port.ts';
import { isMute, ledgerKey, shardKey } from './bridge-change.ts';
import type { BridgeStanding } from '../ovsdb/tables.ts';
import { countOwnFlows } from './flow-counts.ts';
import type { HostSwitch } from './host-switch.ts';
import { heldOf, readMark, readMarkWords, type MarkText, type SwitchMark } from './mark.ts';
import { multipart, readGroups } from './openflow-messages.ts';
import { cookieOf, ownerMask } from './owner.ts';
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
 * when it was emptied. Throws ForeignState, InTheWay and OverlayUnavailable.
 */
export async function readHostMark(at: HostSwitch): Promise<FoundMark> {
  const standing = await readStanding(at.database, at.bridge);
  const atBridge = standing.bridge === undefined ? noGroups : await readBridgeMark(at, standing.bridge.row);
  return { mark: await hostMark(at, { atBridge, standing }), atBridge, standing };
}

const noGroups: SwitchMark = { kind: 'nothing', groups: [] };

/** The most characters of a bridge's settings that are told. */
const spokenMax = 200;

async function readBridgeMark(at: HostSwitch, row: BridgeStanding): Promise<SwitchMark> {
  const ids = row.external_ids;
  const [ledger, shard] = [ids.get(ledgerKey), ids.get(shardKey)];
  if (ledger === undefined || shard === undefined)
    throw new InTheWay(
      `${at.words} is there, and nothing says that it is ours: take it away (ovs-vsctl del-br ${at.bridge})`,
    );
  if (ledger !== at.owner.ledger) throw new ForeignState(at.words, ledger);
  if (isMute(row)) {
    const spoken = foundText([...row.protocols].sort().join(', '), spokenMax);
    return { kind: 'unreadable', problem: `it may not speak OpenFlow 1.5, only ${spoken}`, groups: [] };
  }
  const connection = await at.openFlow();
  return readMark(await connection.ask(multipart.groups, readGroups));
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
      if (bridge !== undefined && (await countOwnFlows(at)) > 0)
        return { kind: 'unreadable', problem: `${at.words} has flows of ours, and no mark` };
      const left = root.row.external_ids.get(emptiedKey(at.bridge));
      if (left === undefined) return { kind: 'nothing' };
      const mark = readMarkWords(left);
      return mark === undefined
        ? { kind: 'unreadable', problem: `what was left of ${at.words} in the database is no mark` }
        : judged(at, mark);
    }
  }
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

/** The filter that names all flows of an owner. */
export function ownFlows({ owner }: HostSwitch): string {
  return `cookie=${cookieOf(owner, 0)}/${ownerMask}`;
}
