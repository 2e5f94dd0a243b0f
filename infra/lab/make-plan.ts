import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { unixPathMax } from '../../events/names.ts';
import { UsageError } from '../../src/runtime/errors.ts';
import { sharedPrefixLength } from './answering-addresses.ts';
import type { LabEstate, LabHost, Workload } from './estate.ts';
import { LabConflict } from './faults.ts';
import { NamespaceNames } from './names.ts';
import { ownRunFolder, type LabPlace, type LabPlan, type PlannedHost, type PlannedWorkload } from './plan.ts';

/** A plan, and what its maker should say of it. */
export interface Made {
  readonly plan: LabPlan;
  /** Sentences about what is otherwise than the documents say. */
  readonly remarks: readonly string[];
}

/** Works out what to make of an estate in the place of a lab. */
export function makePlan(place: LabPlace, estate: LabEstate): Made {
  const names = new NamespaceNames(place.name);
  const sockets = new SocketChoice();
  const hosts = estate.hosts.map((each, index): PlannedHost => {
    const { host, tunnelIp } = each;
    const own = join(place.folder, 'hosts', String(index + 1));
    return {
      ...{ host, tunnelIp, namespace: names.host(host, index), place: own },
      ...sockets.of(each, ownRunFolder(own)),
      prefixLength: prefixLength(each, estate.hosts),
      uplink: `u${String(index + 1)}`,
    };
  });
  const namespaceOf = new Map(hosts.map(({ host, namespace }) => [host, namespace]));
  const macs = new GatewayMacs(estate.workloads);
  const workloads = estate.workloads.map((each, index): PlannedWorkload => {
    const { kind, name, device, ips } = each;
    const namespace = kind === 'endpoint' ? names.endpoint(name, index) : names.external(name, index);
    const hostNamespace = namespaceOf.get(each.host) ?? '';
    return { kind, name, namespace, hostNamespace, device, mac: each.mac ?? macs.next(), ips: [...ips] };
  });
  return {
    plan: { underlay: names.underlay, hosts, workloads },
    remarks: [...sockets.remarks, ...withoutAddress(workloads)],
  };
}

function prefixLength({ tunnelIp }: LabHost, hosts: readonly LabHost[]): number {
  const isV6 = tunnelIp.includes(':');
  return sharedPrefixLength(
    hosts.map((each) => each.tunnelIp).filter((address) => address.includes(':') === isV6),
  );
}

/** What a switch puts beside its database's socket, at its longest: a control socket with the number of its process. */
const besideSocket = '/ovs-vswitchd.4194304.ctl';

type Sockets = Pick<PlannedHost, 'socket' | 'runFolder' | 'foldersOfDocument'>;

/** Where the sockets of each host's switch are: where its document says, else in a folder of the lab's own. */
class SocketChoice {
  readonly remarks: string[] = [];
  readonly #taken = new Map<string, string>();

  of({ host, ovsdb, openflow }: LabHost, own: string): Sockets {
    const socket = pathIn(ovsdb);
    if (socket === undefined) {
      const here = join(own, 'db.sock');
      this.remarks.push(`${host}: ${ovsdb ?? 'no ovsdb'} in its document; here it is unix:${here}`);
      return { socket: here, runFolder: own, foldersOfDocument: [] };
    }
    // A switch makes the socket for the flows of each bridge in its run folder.
    const runFolder = dirname(pathIn(openflow) ?? socket);
    const foldersOfDocument = [...new Set([dirname(socket), runFolder])];
    requireRoom(host, [socket, `${runFolder}${besideSocket}`]);
    for (const folder of foldersOfDocument) this.#take(host, folder);
    return { socket, runFolder, foldersOfDocument };
  }

  #take(host: string, folder: string): void {
    const other = this.#taken.get(folder);
    if (other !== undefined)
      throw new UsageError(
        `${host} and ${other} both have sockets in ${folder}, where those of their bridges would meet: give each a folder of its own`,
      );
    this.#taken.set(folder, host);
    if (existsSync(folder) && readdirSync(folder).length > 0)
      throw new LabConflict(
        `${folder}, where the sockets of ${host} should be, holds things: the lab takes a folder that is new or empty`,
      );
  }
}

/** The path of a socket of this machine; undefined where there is none. */
function pathIn(reach: string | undefined): string | undefined {
  return reach?.startsWith('unix:') === true ? reach.slice('unix:'.length) : undefined;
}

function requireRoom(host: string, paths: readonly string[]): void {
  const long = paths.find((path) => Buffer.byteLength(path) > unixPathMax);
  if (long !== undefined)
    throw new UsageError(
      `a path of a socket has at most ${String(unixPathMax)} characters, and the switch of ${host} would have ${long}`,
    );
}

/** MAC addresses for gateways that have none: of the locally administered range, and nobody else's here. */
class GatewayMacs {
  readonly #taken: ReadonlySet<string>;
  #last = 0;

  constructor(workloads: readonly Workload[]) {
    this.#taken = new Set(workloads.flatMap(({ mac }) => mac ?? []));
  }

  next(): string {
    for (;;) {
      this.#last += 1;
      const digits = this.#last.toString(16).padStart(4, '0');
      const mac = `02:1a:b0:00:${digits.slice(0, 2)}:${digits.slice(2)}`;
      if (!this.#taken.has(mac)) return mac;
    }
  }
}

function withoutAddress(workloads: readonly PlannedWorkload[]): string[] {
  return workloads
    .filter(({ ips }) => ips.length === 0)
    .map(({ name }) => `${name}: none of its CIDRs has an address of its own, so nothing answers there`);
}
