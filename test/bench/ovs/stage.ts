import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Document } from '../../../events/documents.ts';
import type { Host } from '../../../events/estate.ts';
import type { OverlayObject } from '../../../events/overlay-objects.ts';
import { Lab } from '../../../infra/lab/lab.ts';
import { readWhole } from '../../../src/apply/drive/read-hosts.ts';
import { ovsDriver } from '../../../src/overlay/ovs/driver.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { desiredObjects } from '../../../src/translate/desired-objects.ts';
import type { WrittenDocument } from '../estate/documents.ts';
import { writeEstate } from '../estate/write.ts';
import { documentsIn, Running } from '../running/running.ts';
import { switchedEstate } from './switched-estate.ts';

export const shard = 'shard-1';

const silent = { err: () => undefined, progress: () => undefined };

/** A lab of two real switches, and a running process whose ledger knows an estate on them. Nothing is driven yet. */
export class OvsStage implements AsyncDisposable {
  readonly tenants: number;
  readonly lab: Lab;
  readonly running: Running;
  readonly #folder: string;

  private constructor(of: { tenants: number; folder: string; lab: Lab; running: Running }) {
    this.tenants = of.tenants;
    this.#folder = of.folder;
    this.lab = of.lab;
    this.running = of.running;
  }

  /** In a folder of its own. Throws LabUnavailable, in words, where the machine lacks something. */
  static async of(parent: string, tenants: number): Promise<OvsStage> {
    const folder = join(parent, `stage-${String(tenants)}`);
    mkdirSync(folder);
    const { documents, inLab } = switchedEstate(tenants);
    const estate = join(folder, 'lab');
    writeEstate(estate, { documents: inLab });
    const name = `bench${String(tenants)}x${(process.pid % 46_656).toString(36)}`;
    const lab = await Lab.up({ name, estate, drive: false, tell: silent });
    const running = await Running.on(join(folder, 'ledger.db'));
    const stage = new OvsStage({ tenants, folder, lab, running });
    await running.apply({ documents: await stage.read(documents) });
    return stage;
  }

  /** Documents as the product reads them, each host with the way to its switch here. */
  async read(written: readonly WrittenDocument[]): Promise<Document[]> {
    const located = written.map((each) =>
      each.kind === 'Host' ? { ...each, ovsdb: this.#ovsdbOf(each.host) } : each,
    );
    return documentsIn(this.#folder, { documents: located });
  }

  get hosts(): ReadonlyMap<string, Host> {
    return this.running.estate.intended.directory.hosts;
  }

  /** What hosts are to hold. */
  get objects(): readonly OverlayObject[] {
    const { running } = this;
    return desiredObjects(running.estate.intended, { shard, at: running.at });
  }

  /** Reads every host whole, side by side, and compares it. Throws an Error where one does not hold what it should. */
  async readAll(): Promise<void> {
    const { ledger, estate } = this.running;
    const applied = estate.applied.shards.get(shard);
    if (applied === undefined) throw new Error('nothing is planned yet');
    const driver = ovsDriver({ ledger: ledger.id, shard, hosts: this.hosts, clock: systemClock });
    for (const [host, found] of await readWhole(driver, [...this.hosts.keys()], applied)) {
      const isAsPlanned =
        found.kind === 'objects' && found.delta.put.length + found.delta.removed.length === 0;
      if (!isAsPlanned)
        throw new Error(`${host} is not as it was planned: ${JSON.stringify(found).slice(0, 500)}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.running.close();
    await this.lab[Symbol.asyncDispose]();
  }

  #ovsdbOf(host: string): string {
    const found = this.lab.report.hosts.find((each) => each.host === host);
    if (found === undefined) throw new RangeError(`no host ${host} in the lab`);
    return found.ovsdb;
  }
}
