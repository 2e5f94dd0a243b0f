import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { LabConflict } from './faults.ts';
import { labName } from './names.ts';

/** All labs of this machine, each in a folder of its name. */
export const labsFolder = '/run/isoledger-lab';

/** The places of a lab's own files. */
export interface LabPlace {
  readonly name: string;
  readonly folder: string;
  /** The working copy of the documents. */
  readonly estate: string;
  /** The URL of the ledger. */
  readonly ledger: string;
}

export function placeOf(given: string): LabPlace {
  const name = labName(given);
  const folder = join(labsFolder, name);
  return { name, folder, estate: join(folder, 'estate'), ledger: `sqlite:${join(folder, 'ledger.db')}` };
}

const plannedHost = z.strictObject({
  host: z.string(),
  namespace: z.string(),
  /** Its database and logs, in the lab's folder. */
  place: z.string(),
  /** OVS_RUNDIR of its switch: sockets and numbers of processes. */
  runFolder: z.string(),
  /** Folders outside of the lab's own into which its document puts sockets. */
  foldersOfDocument: z.array(z.string()),
  /** The path of the database's socket. */
  socket: z.string(),
  tunnelIp: z.string(),
  /** The length of the prefix with which it holds that address. */
  prefixLength: z.int(),
  /** The end of its underlay device where these meet. */
  uplink: z.string(),
});
export type PlannedHost = z.infer<typeof plannedHost>;

/** Where a host's sockets are if its document names no place. */
export function ownRunFolder(place: string): string {
  return join(place, 'run');
}

const plannedWorkload = z.strictObject({
  kind: z.enum(['endpoint', 'external']),
  name: z.string(),
  namespace: z.string(),
  /** The namespace of its host, and its device there. */
  hostNamespace: z.string(),
  device: z.string(),
  mac: z.string(),
  ips: z.array(z.string()),
});
export type PlannedWorkload = z.infer<typeof plannedWorkload>;

/** What a lab consists of, as it was worked out from the documents. */
const labPlan = z.strictObject({
  underlay: z.string(),
  hosts: z.array(plannedHost),
  workloads: z.array(plannedWorkload),
});
export type LabPlan = z.infer<typeof labPlan>;

/** The file in which a lab's plan is kept. */
export function planFile({ folder }: LabPlace): string {
  return join(folder, 'plan.json');
}

/** The plan of a lab that is there; throws LabConflict where none is. */
export function readPlan(place: LabPlace): LabPlan {
  const file = planFile(place);
  if (!existsSync(file)) throw new LabConflict(`no lab ${place.name} is up: npm run lab -- up DIR`);
  return labPlan.parse(JSON.parse(readFileSync(file, 'utf8')));
}

/** The device of a workload, in its own namespace. */
export const workloadDevice = 'eth0';

/** What `up` and `status` answer to programs. */
export interface LabReport {
  readonly formatVersion: 1;
  readonly ledger: string;
  readonly hosts: readonly { readonly host: string; readonly namespace: string; readonly ovsdb: string }[];
  readonly endpoints: readonly {
    readonly endpoint: string;
    readonly namespace: string;
    readonly interface: string;
    readonly mac: string;
    readonly ips: readonly string[];
  }[];
  readonly externals: readonly {
    readonly external: string;
    readonly namespace: string;
    readonly ips: readonly string[];
  }[];
}

export function reportOf({ ledger }: LabPlace, { hosts, workloads }: LabPlan): LabReport {
  return {
    formatVersion: 1,
    ledger,
    hosts: hosts.map(({ host, namespace, socket }) => ({ host, namespace, ovsdb: `unix:${socket}` })),
    endpoints: workloads
      .filter(({ kind }) => kind === 'endpoint')
      .map(({ name, namespace, mac, ips }) => {
        return { endpoint: name, namespace, interface: workloadDevice, mac, ips };
      }),
    externals: workloads
      .filter(({ kind }) => kind === 'external')
      .map(({ name, namespace, ips }) => ({ external: name, namespace, ips })),
  };
}
