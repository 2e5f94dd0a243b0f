import { existsSync, readdirSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { UsageError } from '../../src/runtime/errors.ts';
import { sharedPrefixLength } from './answering-addresses.ts';
import type { LabEstate, LabHost, Workload } from './estate.ts';
import { LabConflict } from './faults.ts';
import { NamespaceNames } from './names.ts';
import type { LabPlace, LabPlan, PlannedHost, PlannedWorkload } from './plan.ts';
import type { WrittenReach } from './working-copy.ts';

/** A plan, and what its maker should say of it. */
export interface Made {
  readonly plan: LabPlan;
  /** Sentences about what is otherwise than the documents say. */
  readonly remarks: readonly string[];
}

/** Works out what to make of an estate, by the place of the lab and what Host documents say of their sockets. */
export function makePlan(
  place: LabPlace,
  estate: LabEstate,
  reaches: ReadonlyMap<string, WrittenReach>,
): Made {
  const names = new NamespaceNames(place.name);
  const sockets = new SocketChoice(place, reaches);
  const hosts = estate.hosts.map((each, index) => {
    return plannedHost(each, {
      index,
      namespace: names.host(each.host, index),
      lab: place.folder,
      socket: sockets.of(each.host, index),
      prefixLength: prefixLength(each, estate.hosts),
    });
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

interface HostSetting {
  readonly index: number;
  readonly namespace: string;
  readonly lab: string;
  readonly socket: string | undefined;
  readonly prefixLength: number;
}

function plannedHost({ host, tunnelIp }: LabHost, at: HostSetting): PlannedHost {
  const place = join(at.lab, 'hosts', String(at.index + 1));
  const socket = at.socket ?? join(place, 'run', 'db.sock');
  const { namespace, prefixLength: length } = at;
  const uplink = `u${String(at.index + 1)}`;
  return {
    host,
    namespace,
    place,
    runFolder: dirname(socket),
    socket,
    tunnelIp,
    prefixLength: length,
    uplink,
  };
}

function prefixLength({ tunnelIp }: LabHost, hosts: readonly LabHost[]): number {
  const isV6 = tunnelIp.includes(':');
  return sharedPrefixLength(
    hosts.map((each) => each.tunnelIp).filter((address) => address.includes(':') === isV6),
  );
}

/** The longest path of a socket: `sun_path` of unix(7) less the end of the string. */
const socketPathMax = 107;

/** What a switch puts beside its database's socket, at its longest: a control socket with the number of its process. */
const besideSocket = '/ovs-vswitchd.4194304.ctl';

/** At which path each host's database listens: undefined for one of the lab's own. */
class SocketChoice {
  readonly remarks: string[] = [];
  readonly #place: LabPlace;
  readonly #reaches: ReadonlyMap<string, WrittenReach>;
  readonly #folders = new Map<string, string>();

  constructor(place: LabPlace, reaches: ReadonlyMap<string, WrittenReach>) {
    this.#place = place;
    this.#reaches = reaches;
  }

  of(host: string, index: number): string | undefined {
    const ovsdb = this.#reaches.get(host)?.ovsdb;
    if (ovsdb === undefined || !ovsdb.startsWith('unix:')) {
      const own = join(this.#place.folder, 'hosts', String(index + 1), 'run', 'db.sock');
      this.remarks.push(
        `${host}: ${ovsdb === undefined ? 'no ovsdb' : ovsdb} in its document; here it is unix:${own}`,
      );
      return undefined;
    }
    const path = ovsdb.slice('unix:'.length);
    this.#require(host, path);
    return path;
  }

  #require(host: string, path: string): void {
    if (!isAbsolute(path)) throw new UsageError(`ovsdb of ${host}: the path of a socket begins with /`);
    const folder = dirname(path);
    const longest = Math.max(Buffer.byteLength(path), Buffer.byteLength(`${folder}${besideSocket}`));
    if (longest > socketPathMax)
      throw new UsageError(
        `ovsdb of ${host}: the path of a socket has at most ${String(socketPathMax)} bytes, and ${folder} leaves no room for what lies beside it`,
      );
    const other = this.#folders.get(folder);
    if (other !== undefined)
      throw new UsageError(
        `ovsdb of ${host} and ${other}: both have their sockets in ${folder}, where their switches' other sockets would meet; give each a folder of its own`,
      );
    this.#folders.set(folder, host);
    if (existsSync(folder) && readdirSync(folder).length > 0)
      throw new LabConflict(
        `${folder}, where the socket of ${host} should be, is there already and holds things: the lab uses a folder that is new or empty`,
      );
  }
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
