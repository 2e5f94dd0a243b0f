import { existsSync, lstatSync, readdirSync, rmdirSync, rmSync, statSync, unlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { LabUnavailable } from './faults.ts';
import { Manifest, type ManifestLine } from './manifest.ts';
import { isCode } from './own-things.ts';
import { labsFolder, placeOf } from './plan.ts';
import { haveEnded, isAlive, processesIn, processesOf, signalTo, type ProcessMark } from './processes.ts';
import { ip, namespacePath, run, type OnBehalf } from './run-program.ts';

export interface TakenDown {
  /** False where there was no lab of that name. */
  readonly wasThere: boolean;
  /** What was left alone, each with the reason: none of it is the lab's. */
  readonly left: readonly string[];
}

/**
 * Takes a lab down: exactly what its manifest names, however far an `up` came, and an `up` that is still at work. Throws
 * LabUnavailable where a process of it does not end.
 */
export async function takeDown(given: string): Promise<TakenDown> {
  const { folder } = placeOf(given);
  if (!existsSync(folder)) return { wasThere: false, left: [] };
  const manifest = new Manifest(folder);
  await endProcesses(manifest.read());
  // Nobody writes it any more.
  const lines = manifest.read();
  const namespaces = namespacesOf(lines);
  const ours = namespaces.filter(({ state }) => state === 'ours');
  await endAll(() => processesIn(new Set(ours.map(({ inode }) => inode))));
  // What this runs is not of the lab's processes.
  const of: OnBehalf = { token: '' };
  const left: string[] = [];
  for (const each of namespaces) {
    if (each.state === 'unconfirmed' && (await isEmpty(of, each))) ours.push(each);
    else if (each.state !== 'ours')
      left.push(`the namespace ${each.namespace} is not the one that this lab made`);
  }
  await ip(
    of,
    ours.map(({ namespace }) => `netns delete ${namespace}`),
  );
  left.push(...removeFolders(lines));
  removeOwnFolder(folder, manifest);
  return { wasThere: true, left };
}

interface FoundNamespace {
  readonly namespace: string;
  readonly inode: number;
  /** Unconfirmed is one that the lab was about to make when it was killed. */
  readonly state: 'ours' | 'foreign' | 'unconfirmed';
}

/** The namespaces of the manifest that are there. */
function namespacesOf(lines: readonly ManifestLine[]): FoundNamespace[] {
  const made = new Map(
    lines.flatMap((each) => (each.line === 'namespace-made' ? [[each.namespace, each.inode] as const] : [])),
  );
  return lines.flatMap((each) => {
    if (each.line !== 'namespace') return [];
    const { namespace } = each;
    const path = namespacePath(namespace);
    if (!existsSync(path)) return [];
    const { ino: inode } = statSync(path);
    const known = made.get(namespace);
    const state = known === undefined ? 'unconfirmed' : known === inode ? 'ours' : 'foreign';
    return [{ namespace, inode, state }];
  });
}

/** How long processes have to be gone after they were killed. */
const endMsMax = 10_000;

/** Ends the `up` first, so that it begins nothing more; then whatever it started. */
async function endProcesses(lines: readonly ManifestLine[]): Promise<void> {
  const builder = lines.find((each) => each.line === 'lab');
  if (builder === undefined) return;
  if (builder.pid !== process.pid && lines.every(({ line }) => line !== 'up')) await end([builder]);
  await end(lines.flatMap((each): ProcessMark[] => (each.line === 'daemon-started' ? [each] : [])));
  await endAll(() => processesOf(builder.token));
}

/** Ends what is found, until nothing is: a process may have started another one meanwhile. */
async function endAll(find: () => readonly ProcessMark[]): Promise<void> {
  for (let found = find(); found.length > 0; found = find()) await end(found);
}

async function end(marks: readonly ProcessMark[]): Promise<void> {
  for (const each of marks) signalTo(each, 'SIGKILL');
  if (await haveEnded(marks, endMsMax)) return;
  const still = marks.filter(isAlive).map(({ pid }) => String(pid));
  throw new LabUnavailable(`these processes do not end: ${still.join(', ')}; try again`);
}

const links = z.array(z.looseObject({ ifname: z.string() }));

/** Whether nobody runs in it and nothing is in it: so is one that was just made. */
async function isEmpty(of: OnBehalf, { namespace, inode }: FoundNamespace): Promise<boolean> {
  if (processesIn(new Set([inode])).length > 0) return false;
  const { code, out } = await run(of, ['ip', '-n', namespace, '-json', 'link', 'show']);
  // One that was killed between its two steps is a file without a namespace behind it.
  if (code !== 0) return lstatSync(namespacePath(namespace)).size === 0;
  return links.parse(JSON.parse(out)).every(({ ifname }) => ifname === 'lo');
}

/** Takes away folders outside of the lab's own, the innermost first, and from run folders what switches put there. */
function removeFolders(lines: readonly ManifestLine[]): string[] {
  for (const each of lines) if (each.line === 'run-folder') clearRunFolder(each.folder);
  const made = lines.flatMap((each) => (each.line === 'folder' ? [each.folder] : []));
  return made.toReversed().flatMap((folder) => {
    try {
      rmdirSync(folder);
    } catch (error) {
      if (isCode(error, 'ENOTEMPTY')) return [`${folder} holds what is not of this lab`];
      if (!isCode(error, 'ENOENT')) throw error;
    }
    return [];
  });
}

/** The folder was empty when the lab took it: its sockets and numbers of processes are those of the lab's switch. */
function clearRunFolder(folder: string): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isSocket() || /^\.?(ovsdb-server|ovs-vswitchd)\.pid/.test(entry.name))
      unlinkSync(join(folder, entry.name));
}

/** The manifest goes last, so that who is killed here can be followed by another. */
function removeOwnFolder(folder: string, manifest: Manifest): void {
  for (const entry of readdirSync(folder))
    if (entry !== basename(manifest.path)) rmSync(join(folder, entry), { recursive: true, force: true });
  rmSync(manifest.path, { force: true });
  rmdirSync(folder);
  try {
    rmdirSync(labsFolder);
  } catch (error) {
    // Other labs are there.
    if (!isCode(error, 'ENOTEMPTY') && !isCode(error, 'ENOENT')) throw error;
  }
}
