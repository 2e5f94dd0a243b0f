import { foundText } from '../../../runtime/found-text.ts';
import { InTheWay, OverlayUnavailable } from '../../faults.ts';
import { byUuid, insertRow, mutateRows, type OvsdbOperation } from '../ovsdb/operations.ts';
import { bridgeTable, interfaceTable, portTable, switchTable } from '../ovsdb/tables.ts';
import { mapValue, namedUuidAtom, setValue } from '../ovsdb/wire.ts';
import { inBandKey, removalOperations } from './bridge-change.ts';
import type { HostSwitch } from './host-switch.ts';
import { changeSwitch } from './make-bridge.ts';
import { ownerKey } from './own-ports.ts';
import { readStanding, type SwitchStanding } from './switch-view.ts';

/**
 * The bridge that is made so that it can be taken away. It has the name of ours with another beginning, no flow, and no port but the one
 * that every bridge has.
 */
export function passingBridgeOf(bridge: string): string {
  return `isf${bridge.slice(3)}`;
}

/**
 * Makes the switch forget what its datapath keeps of earlier decisions, and decide anew about every packet. It keeps what it decided for as
 * long as packets come, and is not sure to look at it again: taking a mirror away makes it look at nothing, and the datapath of user
 * space may change another decision than the one that was meant, where two cover one packet. Neither OVSDB nor OpenFlow tells what is kept, or
 * asks for it to be let go. A switch drops all of it, and waits for that, as a bridge of the same datapath goes. Throws OverlayUnavailable,
 * InTheWay.
 */
export async function forgetCachedFlows(at: HostSwitch): Promise<void> {
  const passing = passingBridgeOf(at.bridge);
  const left = await readStanding(at.database, passing);
  requireOwn(passing, left);
  // Of a change that was cut off in between. It may be on another datapath.
  if (left.bridge !== undefined) await changeSwitch(at, left, removalOperations(left));
  const { bridge } = await readStanding(at.database, at.bridge);
  await changeSwitch(at, left, insertions(left, passing, bridge?.row.datapath_type ?? ''));
  const made = await readStanding(at.database, passing);
  if (made.bridge?.row.datapath_id === undefined)
    throw new OverlayUnavailable(
      `the switch of host ${at.host} did not make ${passing}, without which it may go on with decisions of before: see the log of ovs-vswitchd`,
    );
  await changeSwitch(at, made, removalOperations(made));
}

function requireOwn(passing: string, { bridge }: SwitchStanding): void {
  if (bridge === undefined || bridge.row.external_ids.get(ownerKey) === passing) return;
  throw new InTheWay(
    `bridge ${foundText(passing)} of the switch was added by somebody else: take it away (ovs-vsctl del-br ${passing})`,
  );
}

function insertions({ root }: SwitchStanding, name: string, datapath: string): OvsdbOperation[] {
  const ids = mapValue([[ownerKey, name]]);
  const [port, device, bridge] = ['port', 'device', 'bridge'];
  return [
    insertRow(interfaceTable, { name, type: 'internal', external_ids: ids }, { kind: 'named', name: device }),
    insertRow(
      portTable,
      { name, interfaces: setValue([namedUuidAtom(device)]), external_ids: ids },
      { kind: 'named', name: port },
    ),
    insertRow(
      bridgeTable,
      {
        name,
        datapath_type: datapath,
        fail_mode: 'secure',
        other_config: mapValue([[inBandKey, 'true']]),
        external_ids: ids,
        ports: setValue([namedUuidAtom(port)]),
      },
      { kind: 'named', name: bridge },
    ),
    mutateRows(switchTable, byUuid(root.uuid), [['bridges', 'insert', setValue([namedUuidAtom(bridge)])]]),
  ];
}
