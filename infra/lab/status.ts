import { existsSync, readdirSync, statSync } from 'node:fs';
import { LabConflict } from './faults.ts';
import { Manifest } from './manifest.ts';
import { labsFolder, placeOf, readPlan, type LabPlace, type LabPlan, type PlannedHost } from './plan.ts';
import { isAlive } from './processes.ts';
import { namespacePath } from './run-program.ts';
import { daemonOf, daemons } from './switch.ts';

export interface LabStatus {
  readonly place: LabPlace;
  readonly plan: LabPlan;
  /** Whether its `up` came to its end. */
  readonly isWhole: boolean;
  readonly hosts: readonly HostStatus[];
  /** Namespaces of workloads that are not there. */
  readonly missing: readonly string[];
}

export interface HostStatus {
  readonly host: PlannedHost;
  /** By process: its number, and whether it runs. */
  readonly daemons: readonly {
    readonly daemon: string;
    readonly pid: number | undefined;
    readonly runs: boolean;
  }[];
  readonly isThere: boolean;
}

/** What is up of a lab. Throws LabConflict where none of that name was begun. */
export function statusOf(name: string): LabStatus {
  const place = placeOf(name);
  if (!existsSync(place.folder)) throw new LabConflict(nothingUp(name));
  const plan = readPlan(place);
  const manifest = new Manifest(place.folder);
  const made = new Map(manifest.of('namespace-made').map(({ namespace, inode }) => [namespace, inode]));
  const isThere = (namespace: string): boolean => {
    const path = namespacePath(namespace);
    return existsSync(path) && statSync(path).ino === made.get(namespace);
  };
  return {
    place,
    plan,
    isWhole: manifest.of('up').length > 0,
    hosts: plan.hosts.map((host) => ({
      host,
      isThere: isThere(host.namespace),
      daemons: daemons.map((daemon) => {
        const mark = daemonOf(manifest, host.host, daemon);
        return { daemon, pid: mark?.pid, runs: mark !== undefined && isAlive(mark) };
      }),
    })),
    missing: plan.workloads.map(({ namespace }) => namespace).filter((each) => !isThere(each)),
  };
}

function nothingUp(name: string): string {
  const others = existsSync(labsFolder) ? readdirSync(labsFolder) : [];
  const known = others.length === 0 ? '' : `; these are: ${others.join(', ')}`;
  return `no lab ${name} is up${known}`;
}
