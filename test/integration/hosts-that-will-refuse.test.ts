import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { town } from '../support/documents.ts';
import { Workplace } from '../support/command-line.ts';
import { editLedger, editPlan, hostFileOf } from '../support/host-file.ts';

const further = '{ kind: Host, host: hv-5, shard: shard-1, tunnelIp: 172.31.0.5 }';

/** A town that was driven to its hosts, one of which was retired since and not emptied. */
async function afterRetiring(whileHeld = false): Promise<Workplace> {
  const place = new Workplace();
  const folder = join(place.folder, 'documents');
  mkdirSync(folder);
  const write = (text: string): void => {
    writeFileSync(join(folder, 'documents.yaml'), text);
  };
  write(`${town}\n---\n${further}`);
  await place.succeed('apply', folder);
  await place.succeed('sync');
  if (whileHeld) await place.succeed('rebuild', '--shard', 'shard-1', '--at', 'seq:0', '--hold');
  write(town);
  await place.succeed('apply', folder, '--prune', 'all');
  return place;
}

function fileOf(place: Workplace, host: string): string {
  const shard = ['hv-3', 'hv-4'].includes(host) ? 'shard-2' : 'shard-1';
  return hostFileOf(place.ledgerPath, { shard, host });
}

describe("a retired host that holds another ledger's objects", () => {
  it('fails doctor before and after a sync that refuses it, and is named by all', async () => {
    using place = await afterRetiring();
    editLedger(fileOf(place, 'hv-5'), 'another');
    const before = await place.run('doctor');
    expect(before.code).toBe(6);
    expect(before.out).toMatch(/FAIL +host hv-5 .*belongs to ledger another/);
    const dry = await place.endWith(3, 'rebuild', '--shard', 'shard-1', '--dry-run');
    expect(dry).toMatch(
      /host hv-5 was retired and is still to be emptied; it holds objects of ledger another/,
    );
    expect(dry).toMatch(/would be refused:\n.*hv-5.*belongs to ledger another/);
    expect((await place.run('sync')).code).toBe(6);
    expect((await place.run('doctor')).code).toBe(6);
    expect(await place.succeed('status')).toMatch(
      /host hv-5 was retired and is still to be emptied; it was last found to hold another ledger's objects/,
    );
  });
});

describe('a retired host that waits for a shard that is held', () => {
  it('is not said to be emptied by a sync that will not do it', async () => {
    using place = await afterRetiring(true);
    expect(await place.succeed('status')).toMatch(/hv-5 .* sync does that once the shard is resumed/);
    const dry = ['rebuild', '--shard', 'shard-1', '--dry-run'];
    expect(await place.succeed(...dry)).not.toContain('hv-5');
    expect(await place.succeed(...dry, '--resume')).toContain('hv-5 was retired and is still to be emptied');
    expect((await place.run('doctor')).out).toMatch(/host hv-5 .*\n? *.*once the shard is resumed/);
  });
});

const refusing = z.object({
  hosts: z.array(z.object({ host: z.string(), put: z.array(z.unknown()).nullable() })),
});

describe('the dry run of a rebuild', () => {
  it('foresees the refusal of a host with the file of another shard; doctor sends nobody to sync', async () => {
    using place = await afterRetiring();
    writeFileSync(fileOf(place, 'hv-1'), readFileSync(fileOf(place, 'hv-3')));
    const dry = ['rebuild', '--shard', 'shard-1', '--dry-run'];
    const told = await place.endWith(3, ...dry);
    expect(told).toMatch(/would be refused:\n.*host hv-1 holds plan \d+ of another shard/);
    // Nothing is put there: how much that host lacks is in JSON.
    expect(told).toMatch(/^hv-1 .* {2}- +-$/m);
    const { hosts } = refusing.parse(JSON.parse(await place.endWith(3, ...dry, '--json')));
    expect(hosts.find(({ host }) => host === 'hv-1')?.put).not.toEqual([]);
    const { out } = await place.run('doctor');
    expect(out).toMatch(/FAIL +host hv-1 +holds the file of host hv-3 of shard-2/);
    expect(out).not.toMatch(/host hv-1 [^\n]*sync drives it there/);
  });

  it('foresees that a plan of the next number, which this ledger has not made, is another one', async () => {
    using place = await afterRetiring();
    editPlan(fileOf(place, 'hv-1'), 2);
    writeFileSync(
      join(place.folder, 'documents', 'more.yaml'),
      '{ kind: Policy, tenant: globex, egress: [{ destination: acme-api, ports: [443] }] }\n---\n{ kind: Policy, tenant: acme, ingress: [{ source: globex }] }',
    );
    await place.succeed('apply', join(place.folder, 'documents'));
    expect(await place.endWith(3, 'rebuild', '--shard', 'shard-1', '--dry-run')).toMatch(
      /would be refused:\n.*host hv-1 holds another plan 2 than this ledger has/,
    );
  });
});
