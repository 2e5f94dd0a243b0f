import { driverNames } from '../../src/compose/drivers.ts';
import type { Document } from '../../events/documents.ts';
import { readFolder, type Folder } from '../../src/policy/read-folder.ts';
import { UsageError } from '../../src/runtime/errors.ts';
import { answeringAddresses } from './answering-addresses.ts';

/** What a lab builds of an estate. Names are those of the documents, spelt in full. */
export interface LabEstate {
  readonly hosts: readonly LabHost[];
  /** Endpoints and gateways: whoever has a device at a host. */
  readonly workloads: readonly Workload[];
}

export interface LabHost {
  readonly host: string;
  readonly tunnelIp: string;
  /** How its document says that its switch is reached: `unix:PATH` or `ssl:ADDRESS:PORT`. */
  readonly ovsdb: string | undefined;
  readonly openflow: string | undefined;
}

export interface Workload {
  readonly kind: 'endpoint' | 'external';
  /** `tenant/name`, or the external. */
  readonly name: string;
  readonly host: string;
  /** The name of its device at the host. */
  readonly device: string;
  /** Undefined for a gateway of which the document gives none. */
  readonly mac: string | undefined;
  /** Addresses that it has: of an external, those that answer. */
  readonly ips: readonly string[];
}

/** The most that one machine is asked to carry. Each host has two processes, each workload a namespace. */
const limits = { hosts: 64, workloads: 1000 };

/** The longest name of a network device in Linux (IFNAMSIZ less the end of the string). */
const deviceNameMax = 15;

/** Names at a host that are its own, or the lab's. */
export const underlayBridge = 'br-underlay';
export const underlayDevice = 'underlay';
const takenNames: readonly string[] = ['lo', underlayBridge, underlayDevice, 'ovs-netdev', 'ovs-system'];

/** The folder as the product reads it. A lab reads documents of its own driver, whichever drivers there are. */
export function readEstateFolder(path: string): Promise<Folder> {
  return readFolder(path, { drivers: [...new Set([...driverNames, 'ovs'])] });
}

/** What a lab has to build of these documents; throws UsageError, with all that it cannot build. */
export function estateOf(documents: readonly Document[]): LabEstate {
  const hosts = documents.flatMap((each) => (each.kind === 'Host' ? [each.value] : []));
  const workloads = [...endpointsOf(documents), ...externalsOf(documents)];
  const problems = [
    ...(hosts.length === 0 ? ['no Host document, so there is nothing to build'] : []),
    ...tooMany('hosts', hosts.length),
    ...tooMany('workloads', workloads.length),
    ...workloads.flatMap((each) => problemsOf(each, new Set(hosts.map(({ host }) => host)))),
  ];
  if (problems.length > 0) throw new UsageError(`this estate cannot be built here: ${listOf(problems)}`);
  return {
    hosts: hosts.map(({ host, tunnelIp, ovsdb, openflow }) => ({ host, tunnelIp, ovsdb, openflow })),
    workloads,
  };
}

function endpointsOf(documents: readonly Document[]): Workload[] {
  return documents.flatMap((each) => {
    if (each.kind !== 'Endpoints') return [];
    const { tenant, endpoints } = each.value;
    return endpoints.map(({ name, host, interface: device, mac, ips }) => {
      return { kind: 'endpoint' as const, name: `${tenant}/${name}`, host, device, mac, ips };
    });
  });
}

function externalsOf(documents: readonly Document[]): Workload[] {
  const others = documents.flatMap((each) => (each.kind === 'External' ? [each.value] : []));
  const endpointIps = new Set(endpointsOf(documents).flatMap(({ ips }) => ips));
  return others.flatMap((external) => {
    const { gateway } = external;
    if (gateway === undefined) return [];
    const ips = answeringAddresses(external, { others, endpointIps });
    const { host, interface: device, mac } = gateway;
    return { kind: 'external' as const, name: external.external, host, device, mac, ips };
  });
}

function problemsOf({ name, device, host }: Workload, hosts: ReadonlySet<string>): string[] {
  return [
    ...(hosts.has(host) ? [] : [`${name} is on ${host}, which no document of this folder describes`]),
    ...(device.length > deviceNameMax || device.includes(':')
      ? [`interface ${device} of ${name}: a device of Linux has at most 15 characters, and no colon`]
      : []),
    ...(takenNames.includes(device) ? [`interface ${device} of ${name}: the host has one of that name`] : []),
  ];
}

function tooMany(what: keyof typeof limits, count: number): string[] {
  const most = limits[what];
  return count > most ? [`${String(count)} ${what}, and a lab has at most ${String(most)}`] : [];
}

/** How many problems are told at once. */
const toldMax = 10;

function listOf(problems: readonly string[]): string {
  const more = problems.length > toldMax ? [`${String(problems.length - toldMax)} more`] : [];
  return [...problems.slice(0, toldMax), ...more].join('; ');
}
