import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Document } from '../../../events/documents.ts';
import type { Actor } from '../../../events/entry.ts';
import { enact, judge, type DocumentsToJudge } from '../../../src/apply/record/enact.ts';
import { foresee, type Foresight } from '../../../src/apply/plan/foresee.ts';
import type { QuarantineIntent } from '../../../src/apply/record/quarantine.ts';
import type { ShardSynced } from '../../../src/apply/drive/shard-synced.ts';
import { open } from '../../../src/compose/workspace.ts';
import { judgedAt } from '../../../src/ledger/instants.ts';
import type { Ledger } from '../../../src/ledger/port.ts';
import { sqliteStore } from '../../../src/ledger/sqlite/store.ts';
import type { DriverFor, OverlayDriver } from '../../../src/overlay/port.ts';
import { readFolder } from '../../../src/policy/read-folder.ts';
import type { Estate } from '../../../src/projector/estate-projection.ts';
import type { Projected } from '../../../src/projector/projection.ts';
import { systemClock, type Clock } from '../../../src/runtime/clock.ts';
import { randomIds } from '../../../src/runtime/ids.ts';
import { createLog } from '../../../src/runtime/log.ts';
import { drive, type DriveRequest } from '../../../src/tasks/drive.ts';
import { quarantineOn } from '../../../src/tasks/quarantine.ts';
import { loadEstate, type Workspace } from '../../../src/tasks/workspace.ts';
import { embeddedAndSwitches } from '../../support/installation.ts';
import type { Estate as WrittenEstate } from '../estate/estate.ts';
import { writeEstate } from '../estate/write.ts';

const actor: Actor = { name: 'ada', authenticated: 'os-user' };

/**
 * A process that runs on, as a service would: a ledger in a file with what lies beside it, and the estate in memory, brought
 * up to date and never begun anew.
 */
export class Running {
  readonly #workspace: Workspace;
  readonly #estate: Projected<Estate>;

  private constructor(workspace: Workspace, estate: Projected<Estate>) {
    this.#workspace = workspace;
    this.#estate = estate;
  }

  /** On the ledger at a path, made if need be. Hosts are files beside it, unless a driver is given; time is this machine's, unless a clock is. */
  static async on(
    path: string,
    { driverFor, clock = systemClock }: { driverFor?: DriverFor; clock?: Clock } = {},
  ): Promise<Running> {
    const opened = await open(`sqlite:${path}`, { create: true });
    const workspace = {
      ...opened,
      ...(clock === systemClock ? {} : { clock, ledger: await byClock(opened, path, clock) }),
      log: createLog('warn'),
      driverFor: eachOnce(driverFor ?? opened.driverFor),
    };
    return new Running(workspace, await loadEstate(workspace));
  }

  get ledger(): Ledger {
    return this.#workspace.ledger;
  }

  get estate(): Estate {
    return this.#estate.state;
  }

  get at(): string {
    return judgedAt(this.#workspace.clock.now(), this.#estate.recordedAt);
  }

  /** What `plan` works out. */
  plan(asked: DocumentsToJudge): Foresight {
    const decision = judge(asked, this.estate, this.at);
    if (decision.kind === 'refused') throw new Error(JSON.stringify(decision.problems));
    return foresee(this.estate, decision, { at: this.at });
  }

  /** What `apply` records, durably. */
  async apply(asked: DocumentsToJudge): Promise<void> {
    const { ledger, clock, newId } = this.#workspace;
    const request = { ...asked, ledger, clock, actor, idempotencyKey: newId() };
    const { decision } = await enact(request, this.#estate);
    if (decision.kind === 'refused') throw new Error(JSON.stringify(decision.problems));
  }

  /** What `sync` drives: every host is read whole, or its mark alone. Returns the hosts that took something. */
  async sync({ reads }: Pick<DriveRequest, 'reads'> = { reads: 'hosts' }): Promise<readonly string[]> {
    const request = { actor, reads, timeoutMs: 0, onProgress: undefined };
    const { shards } = await drive(this.#workspace, request, this.#estate);
    return driven(shards);
  }

  /** What `quarantine` and `release` record and drive. Returns the hosts that took it. */
  async quarantine(intent: QuarantineIntent, name: string): Promise<readonly string[]> {
    const done = await quarantineOn(
      this.#workspace,
      {
        ...{ intent, name, actor, reason: undefined, extent: 'drive', timeoutMs: 0 },
        onRecorded: () => undefined,
        onProgress: () => undefined,
      },
      this.#estate,
    );
    return driven(done.driven?.shards ?? []);
  }

  close(): Promise<void> {
    return this.ledger.close();
  }
}

/** A ledger opened anew, whose entries are of the times that a clock shows. */
async function byClock(opened: Pick<Workspace, 'ledger'>, path: string, clock: Clock): Promise<Ledger> {
  await opened.ledger.close();
  const { ledger } = await sqliteStore({ clock, ids: randomIds }).open(`sqlite:${path}`, { create: false });
  return ledger;
}

/** The driver of each shard is made once, and stays. */
function eachOnce(driverFor: DriverFor): DriverFor {
  const drivers = new Map<string, OverlayDriver>();
  return (shard, hosts) => {
    const driver = drivers.get(shard.shard) ?? driverFor(shard, hosts);
    drivers.set(shard.shard, driver);
    return driver;
  };
}

/** Throws an Error where a host stayed behind. */
function driven(shards: readonly ShardSynced[]): readonly string[] {
  const behind = shards.flatMap(({ absent, refused }) => [...absent, ...refused]);
  if (behind.length > 0)
    throw new Error(`not every host took its plan: ${JSON.stringify(behind.slice(0, 3))}`);
  return shards.flatMap(({ driven: hosts }) => hosts);
}

/** An estate's documents as a folder of them reads. */
export async function documentsIn(
  folder: string,
  estate: Pick<WrittenEstate, 'documents'>,
): Promise<Document[]> {
  const place = join(folder, randomIds(systemClock.now()));
  mkdirSync(place);
  writeEstate(place, estate);
  const { documents, problems } = await readFolder(place, embeddedAndSwitches);
  if (problems.length > 0) throw new Error(JSON.stringify(problems.slice(0, 3)));
  return documents.map(({ document }) => document);
}
