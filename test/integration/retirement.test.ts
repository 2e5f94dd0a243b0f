import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { town } from '../support/documents.ts';
import { Workplace } from '../support/command-line.ts';
import { hostFileOf, objectsInFile } from '../support/host-file.ts';

const statusAnswer = z.looseObject({
  shards: z.array(
    z.looseObject({
      shard: z.string(),
      drifted: z.array(z.string()),
      held: z.strictObject({ seq: z.int(), time: z.string() }).nullable(),
    }),
  ),
  leaving: z.array(z.object({ shard: z.string(), host: z.string() })),
  quarantined: z.array(z.string()),
  exposures: z.looseObject({ open: z.array(z.unknown()) }),
});

/** The town without what stands on its second shard, and without the shard. */
const halfTown = town
  .split('---')
  .filter((text) => !/globex|vault|shard-2/.test(text))
  .join('---');

function folderWith(place: Workplace, yaml: string): string {
  const folder = join(place.folder, 'documents');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'documents.yaml'), yaml);
  return folder;
}

async function status(place: Workplace): Promise<z.infer<typeof statusAnswer>> {
  return statusAnswer.parse(JSON.parse(await place.succeed('status', '--json')));
}

async function synced(place: Workplace, yaml: string, ...options: string[]): Promise<void> {
  await place.succeed('apply', folderWith(place, yaml), ...options);
  await place.succeed('sync');
}

function objectsOn(place: Workplace, shard: string, host: string): unknown[] {
  return objectsInFile(hostFileOf(place.ledgerPath, { shard, host }));
}

describe('a shard that is retired', () => {
  it('has its hosts emptied by the next sync, and is no more', async () => {
    using place = new Workplace();
    await synced(place, town);
    const folder = folderWith(place, halfTown);
    expect(await place.succeed('plan', folder, '--prune', 'all')).toMatch(
      /shard-2: host hv-3 is retired, and will be emptied[^]*hv-4 is retired/,
    );
    await place.succeed('apply', folder, '--prune', 'all', '--reason', 'moving out');
    expect((await status(place)).leaving).toEqual([
      { shard: 'shard-2', host: 'hv-3' },
      { shard: 'shard-2', host: 'hv-4' },
    ]);
    expect(await place.succeed('status')).toMatch(
      /shard-2: host hv-4 was retired and is still to be emptied/,
    );
    expect(objectsOn(place, 'shard-2', 'hv-3').length).toBeGreaterThan(0);
    // Nothing was cut yet: what these hosts still hold counts.
    expect((await place.verify()).verdict).toBe('proven');
    expect(await place.succeed('sync')).toMatch(/retired host hv-3 now holds nothing\n[^]*retired host hv-4/);
    expect([objectsOn(place, 'shard-2', 'hv-3'), objectsOn(place, 'shard-2', 'hv-4')]).toEqual([[], []]);
    expect((await status(place)).leaving).toEqual([]);
    // They are emptied side by side.
    const cleared = await place.succeed('log', '--type', 'HostCleared');
    expect(cleared.match(/hv-\d/g)?.sort()).toEqual(['hv-3', 'hv-4']);
    const { size } = await place.checkpoint();
    await place.succeed('sync');
    expect((await place.checkpoint()).size).toBe(size);
    expect(await place.verify()).toMatchObject({ verdict: 'proven', findings: [], gaps: [] });
  });

  it('may be registered again, emptied or not', async () => {
    using place = new Workplace();
    await synced(place, town);
    const before = await place.connections('applied');
    for (const between of [[], ['sync']]) {
      await place.succeed('apply', folderWith(place, halfTown), '--prune', 'all');
      if (between.length > 0) await place.succeed(...between);
      await place.succeed('apply', folderWith(place, town));
      expect((await status(place)).leaving).toEqual([]);
      await place.succeed('sync');
      expect(await place.connections('applied')).toEqual(before);
      expect(await place.verify()).toMatchObject({ verdict: 'proven', findings: [], gaps: [] });
    }
  });

  it('is refused while it is in use, naming the users, and nothing is recorded', async () => {
    using place = new Workplace();
    await synced(place, town);
    const before = await place.checkpoint();
    const folder = folderWith(place, town.replace(/---\n\{ kind: Shard, shard: shard-2.*\n/, ''));
    const { code, err } = await place.run('apply', folder, '--prune', 'all');
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/in use: by host hv-3, host hv-4, tenant globex, tenant vault\. Keep/),
    ]);
    expect(await place.checkpoint()).toEqual(before);
  });
});

describe('status', () => {
  it('names tenants in quarantine, and shards that are held', async () => {
    using place = new Workplace();
    await synced(place, town);
    const { size } = await place.checkpoint();
    await place.succeed('quarantine', 'globex');
    await place.succeed('rebuild', '--shard', 'shard-1', '--at', `seq:${String(size - 1)}`, '--hold');
    const { shards, quarantined } = await status(place);
    expect(quarantined).toEqual(['globex']);
    expect(shards.map(({ held }) => held?.seq ?? null)).toEqual([size - 1, null]);
    expect(await place.succeed('status')).toMatch(/shard-1 is held at seq \d+, [^]*in quarantine: globex\n/);
  });

  it('names what may get through and is not authorised, since when', async () => {
    using place = new Workplace();
    const talk = [
      '{ kind: Policy, tenant: globex, egress: [{ destination: acme-api }] }',
      '{ kind: Policy, tenant: acme, ingress: [{ source: globex }] }',
    ].join('\n---\n');
    await synced(place, `${town}\n---\n${talk}`);
    expect(await place.succeed('status')).toMatch(/no open exposure/);
    await place.succeed(
      'apply',
      folderWith(place, '{ kind: Policy, tenant: acme, ingress: [{ source: partner }] }'),
    );
    const { exposures } = await status(place);
    expect(exposures).toMatchObject({ verdict: 'proven', gaps: 0 });
    expect(exposures.open).toMatchObject([
      {
        kind: 'pending-revocation',
        from: 'globex/app',
        to: 'acme/web',
        openedBy: { type: 'PolicyEnacted' },
      },
    ]);
    expect(await place.succeed('status')).toMatch(
      /open exposures[^]*pending-revocation +globex\/app +acme\/web +PolicyEnacted at/,
    );
  });

  it('names hosts that had drifted and could not be put right', async () => {
    using place = new Workplace();
    await synced(place, town);
    const path = hostFileOf(place.ledgerPath, { shard: 'shard-1', host: 'hv-2' });
    rmSync(path);
    // Where its new file is written first, there is a folder.
    mkdirSync(`${path}.new`);
    expect((await place.run('sync', '--timeout', '0s')).code).toBe(5);
    expect((await status(place)).shards.map(({ drifted }) => drifted)).toEqual([['hv-2'], []]);
    expect(await place.succeed('status')).toMatch(/host hv-2 was last found to hold something else/);
    await place.succeed('sync');
    expect((await status(place)).shards.map(({ drifted }) => drifted)).toEqual([[], []]);
  });
});
