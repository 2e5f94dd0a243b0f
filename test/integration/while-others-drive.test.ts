import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { examine, open } from '../../src/compose/workspace.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite/ledger.ts';
import type { OverlayDriver } from '../../src/overlay/port.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { randomIds } from '../../src/runtime/ids.ts';
import { createLog } from '../../src/runtime/log.ts';
import { diagnose } from '../../src/tasks/doctor/diagnose.ts';
import { dryRun } from '../../src/tasks/rebuild-dry-run.ts';
import { loadEstate } from '../../src/tasks/workspace.ts';
import { Workplace } from '../support/command-line.ts';
import { town } from '../support/documents.ts';

const talk = `
{ kind: Policy, tenant: globex, egress: [{ destination: acme-api, ports: [443] }] }
---
{ kind: Policy, tenant: acme, ingress: [{ source: globex }] }
---
{ kind: Host, host: hv-9, shard: shard-1, tunnelIp: 172.31.0.9 }`;

/** Drives a town, and returns what drives it on: to a further plan, and with a further host. */
async function given(place: Workplace): Promise<() => Promise<void>> {
  const folder = join(place.folder, 'documents');
  mkdirSync(folder);
  writeFileSync(join(folder, 'town.yaml'), town);
  await place.succeed('apply', folder);
  await place.succeed('sync');
  return async () => {
    writeFileSync(join(folder, 'talk.yaml'), talk);
    await place.succeed('apply', folder);
    await place.succeed('sync');
  };
}

/** Drivers before whose first reading of a host others do something. */
function disturbed<Of extends unknown[]>(
  driverFor: (...of: Of) => OverlayDriver,
  others: () => Promise<void>,
): (...of: Of) => OverlayDriver {
  let done: Promise<void> | undefined;
  return (...of) => {
    const driver = driverFor(...of);
    const read: OverlayDriver['read'] = async (...asked) => {
      await (done ??= others());
      return driver.read(...asked);
    };
    return {
      name: driver.name,
      mark: (host) => driver.mark(host),
      apply: (...of) => driver.apply(...of),
      read,
    };
  };
}

describe('while others apply and drive', () => {
  it.each([
    ['and has nobody else who has it open', false],
    ['and is in use', true],
  ])('a ledger that is read at that moment %s, doctor raises no false alarm', async (_what, isInUse) => {
    using place = new Workplace();
    const driveOn = await given(place);
    const inUse = isInUse
      ? openSqliteLedger({ path: place.ledgerPath, create: false, clock: systemClock, ids: randomIds })
      : undefined;
    const checks = await diagnose(
      async () => {
        const examination = await examine(`sqlite:${place.ledgerPath}`);
        return { ...examination, driverFor: disturbed(examination.driverFor, driveOn) };
      },
      { onEntry: () => undefined },
    );
    await inUse?.close();
    expect(checks.filter(({ status, name }) => status !== 'ok' && name !== 'disk')).toEqual([]);
    const shard = checks.find(({ name }) => name === 'shard shard-1');
    expect(shard?.detail).toMatch(/^3 of 3 hosts at the last plan, [2-9]$/);
  });

  it('the dry run of a rebuild finds no host drifted, and tells of the estate that it has caught up with', async () => {
    using place = new Workplace();
    const driveOn = await given(place);
    const opened = await open(`sqlite:${place.ledgerPath}`, { create: false });
    const workspace = {
      ...opened,
      driverFor: disturbed(opened.driverFor, driveOn),
      log: createLog('silent'),
    };
    const estate = await loadEstate(workspace);
    const shard = estate.state.intended.directory.shards.get('shard-1');
    if (shard === undefined) throw new Error('no such shard');
    const { hosts, refusals } = await dryRun(workspace, { shard, past: undefined, resumes: false, estate });
    expect(refusals).toEqual([]);
    expect(hosts.map(({ host, drifted }) => [host, drifted])).toEqual([
      ['hv-1', false],
      ['hv-2', false],
      ['hv-9', false],
    ]);
    await opened.ledger.close();
  });
});
