import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateEstate } from '../estate.ts';
import { ofKind, parseDocuments } from '../estate/documents.ts';
import { writeEstate } from '../estate/write.ts';
import { spread } from '../running/changes.ts';
import type { Program } from './program.ts';

const files = 20;

/** An estate as files, applied and driven by commands, as an operator has it. */
export class EstateOnDisk {
  readonly documents: string;
  readonly ledger: string;
  /** A place for another ledger of the same documents. */
  readonly empty: string;
  readonly #folder: string;
  readonly #files: readonly string[];
  readonly #uncut: string[];
  readonly #cut: string[] = [];
  #edits = 0;

  /** 2 shards of 8 hosts, 10 rules a tenant. */
  constructor(folder: string, { tenants }: { tenants: number }) {
    const estate = generateEstate({
      ...{ seed: 7, tenants, rulesPerTenant: 10, tenantsPerRealm: 50 },
      ...{ shards: 2, hostsPerShard: 8 },
    });
    this.#folder = join(folder, `estate-${tenants}`);
    this.documents = join(this.#folder, 'documents');
    this.ledger = join(this.#folder, 'ledger.db');
    this.empty = join(this.#folder, 'empty.db');
    this.#files = writeEstate(this.documents, estate, { files });
    this.#uncut = spread(ofKind(estate.documents, 'Policy'), 20).map(({ tenant }) => tenant);
  }

  /** Applies the documents, cuts some tenants off that can be released later, and drives the hosts. */
  async set(program: Program, { cut }: { cut: number }): Promise<void> {
    const { ledger } = this;
    await program.run(['apply', this.documents], { ledger });
    for (let count = 0; count < cut; count += 1) {
      const tenant = this.toCut();
      await program.run(['quarantine', '--no-wait', tenant], { ledger });
      this.#cut.push(tenant);
    }
    await program.run(['sync'], { ledger });
  }

  /** A tenant that was never cut off. */
  toCut(): string {
    return taken(this.#uncut);
  }

  /** A tenant that is cut off, and was not released. */
  toRelease(): string {
    return taken(this.#cut);
  }

  get aTenant(): string {
    return this.#uncut[0] ?? '';
  }

  /** Runs some work while one file has another text than ever before: a policy in it has a rule less. */
  async withOneFileEdited<Result>(work: () => Promise<Result>): Promise<Result> {
    const name = this.#files.at(-1) ?? '';
    const original = join(this.#folder, 'original.yaml');
    const file = join(this.documents, name);
    copyFileSync(file, original);
    const documents = parseDocuments(readFileSync(original, 'utf8'), name);
    const policies = ofKind(documents, 'Policy').filter(({ egress = [] }) => egress.length > 1);
    const chosen = policies[(this.#edits += 1) % policies.length];
    if (chosen === undefined) throw new RangeError('no policy in the file to edit');
    const edited = { ...chosen, egress: (chosen.egress ?? []).slice(0, -1) };
    const [written = ''] = writeEstate(join(this.#folder, 'edited'), {
      documents: documents.map((document) => (document === chosen ? edited : document)),
    });
    copyFileSync(join(this.#folder, 'edited', written), file);
    try {
      return await work();
    } finally {
      copyFileSync(original, file);
    }
  }
}

function taken(names: string[]): string {
  const name = names.pop();
  if (name === undefined) throw new RangeError('no such tenant is left');
  return name;
}
