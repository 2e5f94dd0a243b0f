import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Document } from '../../../events/documents.ts';
import type { Actor } from '../../../events/entry.ts';
import type { Shard } from '../../../events/estate.ts';
import { enact, judge, type DocumentsToJudge } from '../../../src/apply/record/enact.ts';
import { foresee, type Foresight } from '../../../src/apply/plan/foresee.ts';
import { judgedAt } from '../../../src/ledger/instants.ts';
import { sync } from '../../../src/apply/drive/sync.ts';
import type { Ledger } from '../../../src/ledger/port.ts';
import { openSqliteLedger } from '../../../src/ledger/sqlite/ledger.ts';
import type { OverlayDriver } from '../../../src/overlay/port.ts';
import { readFolder } from '../../../src/policy/read-folder.ts';
import { estateProjection, type Estate } from '../../../src/projector/estate-projection.ts';
import { unfolded, type Projected } from '../../../src/projector/projection.ts';
import type { Roles } from '../../../src/roles/port.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { randomIds } from '../../../src/runtime/ids.ts';
import { embeddedOnly } from '../../support/installation.ts';
import type { Estate as WrittenEstate } from '../estate/estate.ts';
import { writeEstate } from '../estate/write.ts';

const actor: Actor = { name: 'ada', authenticated: 'os-user' };

/** A process that runs on: a ledger in a file, and the estate in memory, brought up to date and never begun anew. */
export class Running {
  readonly ledger: Ledger;
  readonly #driverFor: (shard: Shard) => OverlayDriver;
  #estate: Projected<Estate> = unfolded(estateProjection);

  constructor(path: string, driverFor: (shard: Shard, ledger: Ledger) => OverlayDriver) {
    this.ledger = openSqliteLedger({ path, create: true, clock: systemClock, ids: randomIds });
    const drivers = new Map<string, OverlayDriver>();
    this.#driverFor = (shard) => {
      const driver = drivers.get(shard.shard) ?? driverFor(shard, this.ledger);
      drivers.set(shard.shard, driver);
      return driver;
    };
  }

  get estate(): Estate {
    return this.#estate.state;
  }

  get at(): string {
    return judgedAt(systemClock.now(), this.#estate.recordedAt);
  }

  /** What `plan` works out. */
  plan(asked: DocumentsToJudge): Foresight {
    const decision = judge(asked, this.estate, this.at);
    if (decision.kind === 'refused') throw new Error(JSON.stringify(decision.problems));
    return foresee(this.estate, decision, { at: this.at });
  }

  /** What `apply` records, durably. */
  async apply(asked: DocumentsToJudge): Promise<void> {
    const idempotencyKey = randomIds(systemClock.now());
    const request = { ...asked, ledger: this.ledger, clock: systemClock, actor, idempotencyKey };
    const { decision, estate } = await enact(request, this.#estate);
    if (decision.kind === 'refused') throw new Error(JSON.stringify(decision.problems));
    this.#estate = estate;
  }

  /** What `sync` drives. Nobody else is there who could hold a role. */
  async sync(): Promise<void> {
    const holdRole: Roles['hold'] = () => Promise.resolve({ release: () => Promise.resolve() });
    const request = {
      ledger: this.ledger,
      clock: systemClock,
      actor,
      holdRole,
      reads: 'hosts',
      timeoutMs: 0,
    } as const;
    ({ estate: this.#estate } = await sync({ ...request, driverFor: this.#driverFor }, this.#estate));
  }
}

/** An estate's documents as a folder of them reads. */
export async function documentsIn(
  folder: string,
  estate: Pick<WrittenEstate, 'documents'>,
): Promise<Document[]> {
  const place = join(folder, randomIds(systemClock.now()));
  mkdirSync(place);
  writeEstate(place, estate);
  const { documents, problems } = await readFolder(place, embeddedOnly);
  if (problems.length > 0) throw new Error(JSON.stringify(problems.slice(0, 3)));
  return documents.map(({ document }) => document);
}
