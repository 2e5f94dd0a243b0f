import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { town } from '../support/documents.ts';
import { Workplace } from '../support/command-line.ts';
import { hostFileOf } from '../support/host-file.ts';
import { RoleHolderProcess } from '../support/role-holder.ts';

const talk = `
{ kind: Policy, tenant: globex, egress: [{ destination: acme-api, ports: [443] }] }
---
{ kind: Policy, tenant: acme, ingress: [{ source: globex }] }`;

async function apply(place: Workplace, policies: string): Promise<void> {
  const folder = join(place.folder, 'documents');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'documents.yaml'), `${town}\n---\n${policies}`);
  await place.succeed('apply', folder);
}

const told = z.looseObject({
  hosts: z.array(z.looseObject({ host: z.string(), cut: z.boolean(), why: z.string().nullable() })),
  shards: z.array(
    z.looseObject({
      shard: z.string(),
      driven: z.array(z.string()),
      taken: z.strictObject({ code: z.literal('RoleHeld'), problem: z.string() }).optional(),
    }),
  ),
});

/** The town is carried out; then a real process drives shard-1, and never comes to an end. */
describe('while another process drives a shard', () => {
  let place: Workplace;
  let other: RoleHolderProcess;
  beforeEach(async () => {
    place = new Workplace();
    await apply(place, talk);
    await place.succeed('sync');
    other = await RoleHolderProcess.of(join(`${place.ledgerPath}.d`, 'locks'), 'applier/shard-1');
  });
  afterEach(async () => {
    await other.kill();
    place[Symbol.dispose]();
  });

  const heldBy = (): string =>
    `the role applier/shard-1 is held by process ${other.pid} on \\S+ since \\S+: wait for that process, or end it`;
  const complaint = (): RegExp => new RegExp(`^shard-1: ${heldBy()}\n`);
  const now = ['--timeout', '0s'];

  it('sync ends with 4, names that process, and drives every other shard', async () => {
    await apply(place, talk.replace('443', '8443'));
    const { code, out, err } = await place.run('sync', ...now);
    expect([code, err]).toEqual([4, expect.stringMatching(new RegExp(`${complaint().source}$`))]);
    expect(out).toMatch(
      /shard-1 +1 +by another process +not looked at +none +none\nshard-2 +\d+ +hv-3, hv-4 +none +none +none\n$/,
    );
    expect(await place.succeed('sync', '--shard', 'shard-2', ...now)).toMatch(/none needed it/);
  });

  it('whoever waits for it is told, once, for which process and until when', async () => {
    await apply(place, talk.replace('443', '8443'));
    for (const command of [
      ['sync'],
      ['quarantine', 'acme'],
      ['release', 'acme'],
      ['rebuild', '--shard', 'shard-1'],
    ]) {
      const { code, err } = await place.run(...command, '--timeout', '2500ms');
      const waiting = `isoledger: waiting for the role applier/shard-1, which is held by process ${other.pid} on \\S+, since \\S+; until \\S+Z at the latest \\(--timeout 2500ms\\)\n`;
      expect([command, code, err]).toEqual([
        command,
        4,
        expect.stringMatching(new RegExp(`^${waiting}shard-1: `)),
      ]);
      expect(err.match(/waiting for/g)).toHaveLength(1);
    }
  });

  it('a quarantine is recorded, and says not cut and why of each of its hosts, with 4', async () => {
    const { code, out, err } = await place.run('quarantine', 'acme', ...now);
    expect(code).toBe(4);
    expect(out).toMatch(
      new RegExp(
        `^acme is in quarantine since entry \\d+\n.*\n${['hv-1', 'hv-2'].map((host) => `shard-1 +${host} +not cut +${heldBy()}\n`).join('')}shard-2 +hv-3 +cut\nshard-2 +hv-4 +cut\n$`,
      ),
    );
    expect(err).toMatch(new RegExp(`${complaint().source}acme is NOT cut off at 2 of 4 hosts\n$`));
    const again = await place.run('quarantine', 'acme', ...now, '--json');
    const { hosts, shards } = told.parse(JSON.parse(again.out));
    expect([again.code, hosts.map(({ host, cut }) => [host, cut])]).toEqual([
      4,
      [
        ['hv-1', false],
        ['hv-2', false],
        ['hv-3', true],
        ['hv-4', true],
      ],
    ]);
    const problem: unknown = expect.stringMatching(new RegExp(`^${heldBy()}$`));
    expect(hosts[0]?.why).toEqual(problem);
    expect(shards.map(({ taken }) => taken)).toEqual([{ code: 'RoleHeld', problem }, undefined]);
  });

  it('a release is recorded, and says of no host there that it is open, with 4', async () => {
    await other.kill();
    await place.succeed('quarantine', 'acme');
    other = await RoleHolderProcess.of(join(`${place.ledgerPath}.d`, 'locks'), 'applier/shard-1');
    const { code, out, err } = await place.run('release', 'acme', ...now);
    expect(code).toBe(4);
    expect(out).toMatch(
      new RegExp(
        `${['hv-1', 'hv-2'].map((host) => `shard-1 +${host} +still cut +it may be: ${heldBy()}\n`).join('')}shard-2 +hv-3 +open\nshard-2 +hv-4 +open\n$`,
      ),
    );
    expect(err).toMatch(new RegExp(`${complaint().source}acme may still be cut off at 2 of 4 hosts\n$`));
  });

  it('rebuild, its hold and the end of a hold drive nothing there, with 4', async () => {
    await apply(place, talk.replace('443', '8443'));
    const past = `seq:${String((await place.checkpoint()).size - 1)}`;
    for (const how of [[], ['--at', past, '--hold'], ['--resume']]) {
      const { code, out, err } = await place.run('rebuild', '--shard', 'shard-1', ...how, ...now);
      expect([how, code, err]).toEqual([how, 4, expect.stringMatching(complaint())]);
      expect(out).toMatch(/shard-1 +1 +by another process +not looked at +none +none\n/);
    }
    expect(await place.succeed('rebuild', '--shard', 'shard-2', ...now)).toMatch(/shard-2 +\d+ +hv-3, hv-4/);
    await place.succeed('rebuild', '--shard', 'shard-1', '--dry-run');
  });

  it('who asks for what is there already is told so, and who drives, with 0', async () => {
    for (const command of [['sync'], ['rebuild', '--shard', 'shard-1'], ['release', 'acme']]) {
      const out = await place.succeed(...command, ...now);
      if (command[0] !== 'release')
        expect(out).toMatch(new RegExp(`shard-1: driven by process ${other.pid} on \\S+ since`));
    }
  });

  it('what somebody changed at a host is recorded, and left to it, with 4', async () => {
    rmSync(hostFileOf(place.ledgerPath, { shard: 'shard-1', host: 'hv-1' }));
    const { code } = await place.run('sync', ...now);
    expect(code).toBe(4);
    expect(await place.succeed('log')).toMatch(/DriftDetected +observed\/shard-1 +.*hv-1/);
  });

  it('what drives nothing goes on as ever', async () => {
    await apply(place, talk.replace('443', '8443'));
    for (const argv of [
      ['quarantine', 'acme', '--no-wait'],
      ['release', 'acme', '--no-wait'],
      ['status'],
      ['doctor'],
    ])
      await place.succeed(...argv);
  });

  it('sync waits for it, and drives the shard once it has ended', async () => {
    await apply(place, talk.replace('443', '8443'));
    const synced = place.run('sync', '--timeout', '60s');
    expect(await Promise.race([synced, setTimeout(1_000, 'waits')])).toBe('waits');
    await other.kill();
    const { code, out } = await synced;
    expect([code, out]).toEqual([0, expect.stringMatching(/shard-1 +\d+ +hv-1, hv-2 +none +none +none\n/)]);
    expect((await place.verify()).verdict).toBe('proven');
  });
});
