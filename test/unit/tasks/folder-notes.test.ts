import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DocumentChange } from '../../../src/domain/record-documents.ts';
import { readFolder, type Folder } from '../../../src/policy/read-folder.ts';
import { notesOn } from '../../../src/tasks/judge-folder.ts';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';
import { embeddedOnly } from '../../support/installation.ts';

const tenants = Array.from({ length: 40 }, (_, number) => `tenant-${String(number).padStart(2, '0')}`);

/** A policy each, in a file of its own, with a rule whose ports stand without a protocol. */
function folderOfPolicies(): Promise<Folder> {
  const folder = temporaryFolder();
  for (const tenant of tenants)
    writeFileSync(
      join(folder, `${tenant}.yaml`),
      `tenant: ${tenant}\negress:\n  - destination: globex/database\n    ports: [443]\n`,
    );
  return readFolder(folder, embeddedOnly);
}

describe('notes on a folder', () => {
  it('tell where tcp is meant, in the documents that change', async () => {
    const folder = await folderOfPolicies();
    const changes = tenants.map((name, index): DocumentChange => {
      return { kind: 'Policy', name, change: index === 7 ? 'changed' : 'unchanged' };
    });
    const { tcpMeant } = notesOn(folder, changes);
    expect(tcpMeant).toMatchObject([{ file: join(folder.root, 'tenant-07.yaml') }]);
  });

  it('look at each change a few times, however many documents there are', async () => {
    let looks = 0;
    const changes = tenants.map((name) => ({
      kind: 'Policy' as const,
      change: 'changed' as const,
      get name() {
        looks += 1;
        return name;
      },
    }));
    expect(notesOn(await folderOfPolicies(), changes).tcpMeant).toHaveLength(tenants.length);
    expect(looks).toBeLessThanOrEqual(2 * tenants.length);
  });
});
