import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { examine } from '../../src/compose/workspace.ts';
import { OverlayUnavailable } from '../../src/overlay/faults.ts';
import type { DriverFor, OverlayDriver } from '../../src/overlay/port.ts';
import type { Examination } from '../../src/tasks/examination.ts';
import { diagnose } from '../../src/tasks/doctor/diagnose.ts';
import { Workplace } from '../support/command-line.ts';
import { town } from '../support/documents.ts';

/** Drivers of which one host is able to do less than the others. */
function lacking(
  driverFor: Examination['driverFor'],
  { at, lacks }: { at: string; lacks: readonly string[] },
): Examination['driverFor'] {
  return (ledger, ...of: Parameters<DriverFor>): OverlayDriver => {
    const driver = driverFor(ledger, ...of);
    return {
      name: driver.name,
      mark: (host) => driver.mark(host),
      apply: (host, change) => driver.apply(host, change),
      read: (host, expected) => driver.read(host, expected),
      means: (host) => Promise.resolve({ words: 'Open vSwitch 3.1.0', lacks: host === at ? lacks : [] }),
    };
  };
}

/** Drivers that find something beside what they read at one host. */
function finding(
  driverFor: Examination['driverFor'],
  { at, foreign }: { at: string; foreign: readonly string[] },
): Examination['driverFor'] {
  return (ledger, ...of: Parameters<DriverFor>): OverlayDriver => {
    const driver = driverFor(ledger, ...of);
    return {
      name: driver.name,
      mark: (host) => driver.mark(host),
      apply: (host, change) => driver.apply(host, change),
      read: async (host, expected) => {
        const reading = await driver.read(host, expected);
        return host === at && reading.kind === 'objects' ? { ...reading, foreign } : reading;
      },
    };
  };
}

/** Drivers whose hosts stand still: none is found away before all of them were asked. */
function standingStill(
  driverFor: Examination['driverFor'],
  { hosts, asked }: { hosts: number; asked: string[] },
): Examination['driverFor'] {
  const all = Promise.withResolvers<undefined>();
  return (ledger, ...of: Parameters<DriverFor>): OverlayDriver => {
    const driver = driverFor(ledger, ...of);
    return {
      name: driver.name,
      mark: (host) => driver.mark(host),
      apply: (host, change) => driver.apply(host, change),
      read: async (host) => {
        asked.push(host);
        if (asked.length === hosts) all.resolve(undefined);
        await all.promise;
        throw new OverlayUnavailable(`unix:${host} does not answer within 5000 ms`);
      },
      means: (host) => Promise.resolve({ words: 'Open vSwitch', lacks: [`${host} tells nothing`] }),
    };
  };
}

it('doctor asks hosts of all shards side by side, and those that stand still nothing more', async () => {
  using place = new Workplace();
  const folder = join(place.folder, 'documents');
  mkdirSync(folder);
  writeFileSync(join(folder, 'town.yaml'), town);
  await place.succeed('apply', folder);
  await place.succeed('sync');
  const asked: string[] = [];
  const checks = await diagnose(
    async () => {
      const examination = await examine(`sqlite:${place.ledgerPath}`);
      return { ...examination, driverFor: standingStill(examination.driverFor, { hosts: 4, asked }) };
    },
    { onEntry: () => undefined },
  );
  expect(asked.toSorted()).toEqual(['hv-1', 'hv-2', 'hv-3', 'hv-4']);
  const found = checks.filter(({ name }) => /^(host|means|shard) /.test(name));
  const away = (host: number): string =>
    `fail host hv-${String(host)}: unix:hv-${String(host)} does not answer within 5000 ms`;
  expect(found.map(({ name, status, detail }) => `${status} ${name}: ${detail}`)).toEqual(
    [1, 2].flatMap((shard) => [
      `warn shard shard-${String(shard)}: none of its 2 hosts can be read`,
      ...[away(2 * shard - 1), away(2 * shard)],
    ]),
  );
});

it('doctor warns of what is at a host and not ours, which keeps that from nothing', async () => {
  using place = new Workplace();
  const folder = join(place.folder, 'documents');
  mkdirSync(folder);
  writeFileSync(join(folder, 'town.yaml'), town);
  await place.succeed('apply', folder);
  await place.succeed('sync');
  const look = async (foreign: readonly string[]): Promise<string[]> => {
    const checks = await diagnose(
      async () => {
        const examination = await examine(`sqlite:${place.ledgerPath}`);
        return { ...examination, driverFor: finding(examination.driverFor, { at: 'hv-2', foreign }) };
      },
      { onEntry: () => undefined },
    );
    return checks
      .filter(({ name }) => /^(host|shard) /.test(name))
      .map(({ name, status, detail }) => `${status} ${name}: ${detail}`);
  };
  const sound = [1, 2].map((n) => `ok shard shard-${n}: 2 of 2 hosts at the last plan, 1`);
  expect(await look([])).toEqual(sound);
  expect((await look(['table=77 priority=1 actions=drop', 'table=78 actions=drop'])).toSorted()).toEqual(
    [
      ...sound,
      'warn host hv-2: has something beside its objects that is not of this ledger: table=77 priority=1 actions=drop and table=78 actions=drop',
    ].toSorted(),
  );
});

it('doctor says what hosts are able to do, and warns of what one lacks', async () => {
  using place = new Workplace();
  const folder = join(place.folder, 'documents');
  mkdirSync(folder);
  writeFileSync(join(folder, 'town.yaml'), town);
  await place.succeed('apply', folder);
  await place.succeed('sync');
  const checks = await diagnose(
    async () => {
      const examination = await examine(`sqlite:${place.ledgerPath}`);
      const of = { at: 'hv-2', lacks: ['has no meters'] };
      return { ...examination, driverFor: lacking(examination.driverFor, of) };
    },
    { onEntry: () => undefined },
  );
  const found = checks.filter(({ name }) => /^(host|means) /.test(name));
  expect(found.map(({ name, status, detail }) => `${status} ${name}: ${detail}`)).toEqual([
    'ok means shard-1: 2 hosts with Open vSwitch 3.1.0',
    'warn host hv-2: has no meters',
    'ok means shard-2: 2 hosts with Open vSwitch 3.1.0',
  ]);
});
