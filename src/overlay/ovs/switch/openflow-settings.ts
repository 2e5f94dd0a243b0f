import { tunnelPorts } from '../pipeline/tables.ts';
import type { OpenFlowConnection, Outgoing } from './openflow-connection.ts';
import { messageType, multipart, pieces } from './openflow-messages.ts';

/** A port as a switch tells it: its number, its address, and what somebody set it to. */
interface SwitchPort {
  readonly ofport: number;
  readonly mac: Buffer;
  readonly config: number;
}

/** What is set in OpenFlow alone, and in no column of the database. */
export interface SetInOpenFlow {
  readonly ports: readonly SwitchPort[];
  /** How fragments are taken: 0 where their later ones match no ports, which is what flows rest on. */
  readonly fragments: number;
}

/** Packets that come in there, or that are to go out there, are dropped. A port that is down is as one whose device is. */
const portSettings = { 'no-receive': 1 << 2, 'no-forward': 1 << 5 } as const;
const portMask = portSettings['no-receive'] | portSettings['no-forward'];

const fragmentsMask = 3;
const fragmentWords = ['normal', 'drop', 'reassemble', 'nx-match'];

export async function readOpenFlowSettings(connection: OpenFlowConnection): Promise<SetInOpenFlow> {
  const ports = await connection.ask(multipart.ports, readPorts);
  const { flags } = await connection.config();
  return { ports, fragments: flags & fragmentsMask };
}

/** Throws RangeError. */
function readPorts(part: Buffer): SwitchPort[] {
  return pieces(part, { lengthAt: 4, lengthMin: 40 }).map((port) => ({
    ofport: port.readUInt32BE(0),
    mac: port.subarray(8, 14),
    config: port.readUInt32BE(32),
  }));
}

/** What somebody set otherwise than a change leaves it, in words. */
export function openFlowFlaws(
  { ports, fragments }: SetInOpenFlow,
  { bridge, ofports }: { bridge: string; ofports: ReadonlySet<number> },
): string[] {
  return [
    ...(fragments === 0
      ? []
      : [`frags=${fragmentWords[fragments] ?? String(fragments)} of bridge ${bridge}`]),
    ...strayPorts(ports, ofports).flatMap(({ ofport, config }) =>
      Object.entries(portSettings)
        .filter(([, bit]) => (config & bit) !== 0)
        .map(([words]) => `${words} of port ${String(ofport)} of bridge ${bridge}`),
    ),
  ];
}

function strayPorts(ports: readonly SwitchPort[], ofports: ReadonlySet<number>): SwitchPort[] {
  return ports.filter(({ ofport, config }) => ofports.has(ofport) && (config & portMask) !== 0);
}

/** The numbers of the ports of ours: those of tunnels, and those of endpoints and externals. */
export function ownNumbers(ofports: Iterable<number>): ReadonlySet<number> {
  return new Set([...Object.values(tunnelPorts), ...ofports]);
}

/** Ends what `openFlowFlaws` names. */
export async function resetOpenFlowSettings(
  connection: OpenFlowConnection,
  ofports: ReadonlySet<number>,
): Promise<void> {
  const ports = strayPorts(await connection.ask(multipart.ports, readPorts), ofports);
  const { flags, missSendLength } = await connection.config();
  const requests = ports.map(portReset);
  if ((flags & fragmentsMask) !== 0) requests.push(configReset(missSendLength));
  if (requests.length > 0) await connection.carryOut(requests);
}

function portReset({ ofport, mac }: SwitchPort): Outgoing {
  const body = Buffer.alloc(24);
  body.writeUInt32BE(ofport, 0);
  mac.copy(body, 8);
  body.writeUInt32BE(portMask, 20);
  return { type: messageType.portMod, body };
}

function configReset(missSendLength: number): Outgoing {
  const body = Buffer.alloc(4);
  body.writeUInt16BE(missSendLength, 2);
  return { type: messageType.setConfig, body };
}
