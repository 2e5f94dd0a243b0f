import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { statSync } from 'node:fs';
import { findFiles } from '../../src/policy/find-files.ts';
import type { LocatedProblem } from '../../src/policy/place.ts';
import { sideBySide } from '../../src/runtime/side-by-side.ts';
import { say, type Shown } from '../../src/words/shown.ts';
import { takeDown } from './down.ts';
import { estateOf, readEstateFolder } from './estate.ts';
import { makePlan, type Made } from './make-plan.ts';
import { Manifest } from './manifest.ts';
import { makeNamespaces, requireFree, takeFolder, takeRunFolder } from './own-things.ts';
import { ownRunFolder, placeOf, planFile, type LabPlace, type LabPlan } from './plan.ts';
import { markOf } from './processes.ts';
import { driveProduct } from './product.ts';
import { requireAll } from './requirements.ts';
import type { OnBehalf } from './run-program.ts';
import { makeSwitch } from './switch.ts';
import { makeUnderlay, plugIn, start } from './wiring.ts';
import { writeWorkingCopy } from './working-copy.ts';

/** Where an `up` tells how far it is. */
export interface Teller {
  err(words: Shown): void;
  /** Replaces the one before; undefined takes it away. */
  progress(words: Shown | undefined): void;
}

export interface UpOptions {
  readonly name: string;
  /** The folder (or file) of documents. */
  readonly estate: string;
  /** Whether the ledger is filled and the hosts are driven. Otherwise both are left to whoever asked. */
  readonly drive: boolean;
  readonly tell: Teller;
  readonly signal?: AbortSignal | undefined;
}

/** What became of an `up`. */
export type Raised =
  | { readonly kind: 'documents'; readonly problems: readonly LocatedProblem[] }
  /** The product did not apply them, and said why: nothing is up. */
  | { readonly kind: 'not-applied'; readonly exitCode: number }
  /** Everything is there. Where `sync` did not end with 0, the hosts are not where the documents say. */
  | { readonly kind: 'up'; readonly place: LabPlace; readonly plan: LabPlan; readonly syncExitCode: number };

interface Documents {
  readonly root: string;
  readonly files: readonly string[];
}

/**
 * Builds the lab of an estate. Whatever stops it on the way, what was made is taken down again before this throws. Throws
 * LabUnavailable where the machine lacks something, LabConflict where something is in the way, and UsageError for an estate
 * that no lab can be.
 */
export async function raise(options: UpOptions): Promise<Raised> {
  const place = placeOf(options.name);
  requireAll();
  const folder = await readEstateFolder(options.estate);
  if (folder.problems.length > 0) return { kind: 'documents', problems: folder.problems };
  const documents = { root: folder.root, files: await filesOf(options.estate) };
  const made = makePlan(place, estateOf(folder.documents.map(({ document }) => document)));
  takeFolder(place);
  try {
    // Before anything is recorded; another lab of this name, whose own they would be, is told of before.
    requireFree(namespacesOf(made.plan));
    const raised = await build({ place, documents, made, options });
    if (raised.kind !== 'up') await takeDown(place.name);
    return raised;
  } catch (fault) {
    options.tell.progress(undefined);
    await takeDown(place.name);
    throw fault;
  }
}

async function filesOf(path: string): Promise<string[]> {
  if (statSync(path).isFile()) return [basename(path)];
  return (await findFiles(path)).files.map(({ file }) => file);
}

interface Building {
  readonly place: LabPlace;
  readonly documents: Documents;
  readonly made: Made;
  readonly options: UpOptions;
}

async function build({ place, documents, made, options }: Building): Promise<Raised> {
  const { tell } = options;
  const { plan } = made;
  const token = randomBytes(16).toString('hex');
  const of: OnBehalf = { token, signal: options.signal };
  const manifest = new Manifest(place.folder);
  manifest.write({ line: 'lab', token, ...ownMark() });
  writeFileSync(planFile(place), `${JSON.stringify(plan)}\n`, { mode: 0o600 });
  copyDocuments({ place, documents, plan });
  for (const each of made.remarks) tell.err(say`lab: ${each}\n`);
  tell.err(say`lab ${place.name}: ${plan.hosts.length} hosts, ${plan.workloads.length} workloads\n`);
  const applied = options.drive ? driveProduct(of, place, ['apply', place.estate]) : Promise.resolve(0);
  const [network, ledger] = await Promise.allSettled([makeNetwork(of, { manifest, plan, tell }), applied]);
  if (network.status === 'rejected') throw network.reason;
  if (ledger.status === 'rejected') throw ledger.reason;
  if (ledger.value !== 0) return { kind: 'not-applied', exitCode: ledger.value };
  const syncExitCode = options.drive ? await driveProduct(of, place, ['sync']) : 0;
  await start(of, plan.workloads, join(place.folder, 'starting'));
  manifest.write({ line: 'up' });
  return { kind: 'up', place, plan, syncExitCode };
}

function ownMark(): { pid: number; startTicks: string } {
  const mark = markOf(process.pid);
  if (mark === undefined) throw new Error('this process is not in /proc');
  return mark;
}

function copyDocuments({
  place,
  documents,
  plan,
}: {
  place: LabPlace;
  documents: Documents;
  plan: LabPlan;
}): void {
  mkdirSync(place.estate, { mode: 0o700 });
  writeWorkingCopy(
    { ...documents, to: place.estate },
    {
      ovsdb: new Map(plan.hosts.map(({ host, socket }) => [host, `unix:${socket}`])),
      gatewayMacs: new Map(
        plan.workloads.filter(({ kind }) => kind === 'external').map(({ name, mac }) => [name, mac]),
      ),
    },
  );
}

function namespacesOf({ underlay, hosts, workloads }: LabPlan): string[] {
  return [underlay, ...[...hosts, ...workloads].map(({ namespace }) => namespace)];
}

/** Namespaces, cables and switches; workloads are plugged in, and not started. */
async function makeNetwork(
  of: OnBehalf,
  { manifest, plan, tell }: { manifest: Manifest; plan: LabPlan; tell: Teller },
): Promise<void> {
  const { hosts, workloads } = plan;
  await makeNamespaces(of, manifest, namespacesOf(plan));
  for (const { place, foldersOfDocument } of hosts) {
    mkdirSync(ownRunFolder(place), { recursive: true, mode: 0o700 });
    for (const folder of foldersOfDocument) takeRunFolder(manifest, folder);
  }
  const bar = new Bar(hosts.length + 1, tell);
  await makeUnderlay(of, plan);
  const switches = sideBySide(hosts, {
    atOnce: 4,
    work: async (host) => {
      await makeSwitch(of, manifest, host);
      bar.step();
    },
  });
  const settled = await Promise.allSettled([
    switches,
    plugIn(of, workloads).then(() => {
      bar.step();
    }),
  ]);
  bar.end();
  for (const each of settled) if (each.status === 'rejected') throw each.reason;
}

/** How much of the network is there, on a terminal. */
class Bar {
  readonly #steps: number;
  readonly #tell: Teller;
  #done = 0;

  constructor(steps: number, tell: Teller) {
    this.#steps = steps;
    this.#tell = tell;
  }

  step(): void {
    this.#done += 1;
    const width = 30;
    const filled = Math.round((this.#done / this.#steps) * width);
    this.#tell.progress(say`network [${'#'.repeat(filled)}${'.'.repeat(width - filled)}]`);
  }

  end(): void {
    this.#tell.progress(undefined);
  }
}
