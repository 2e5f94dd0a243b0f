import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Workplace } from '../support/command-line.ts';
import { town } from '../support/documents.ts';

afterEach(() => {
  vi.useRealTimers();
});

/** Sets the clock of this machine to some days after the present, or to an instant. */
function setClock(to: { days: number } | string): void {
  const time = typeof to === 'string' ? Date.parse(to) : Date.now() + to.days * 86_400_000;
  vi.useFakeTimers({ toFake: ['Date'], now: time });
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

function documentsIn({ folder }: Workplace): string {
  return join(folder, 'documents');
}

async function givenEstate(): Promise<Workplace> {
  const place = new Workplace();
  mkdirSync(documentsIn(place));
  writeFileSync(join(documentsIn(place), 'town.yaml'), town);
  await place.succeed('apply', documentsIn(place));
  await place.succeed('sync');
  return place;
}

describe('a clock that is far ahead of the last entry', () => {
  it('records nothing and drives nothing until somebody says what day it is', async () => {
    using place = await givenEstate();
    const before = await place.checkpoint();
    setClock({ days: 3650 });
    const commands = [
      ['apply', documentsIn(place)],
      ['sync'],
      ['quarantine', 'acme'],
      ['release', 'acme'],
      ['rebuild', '--shard', 'shard-1'],
    ];
    for (const command of commands) {
      for (const said of [[], ['--accept-clock', '2026-01-01']]) {
        const { code, err } = await place.run(...command, ...said);
        expect([command, code]).toEqual([command, 2]);
        expect(err).toMatch(/this machine's clock says .*, 36(49|50) days after the last that is known/);
        expect(err).toContain(`give the command again with --accept-clock ${today()}`);
      }
    }
    expect(await place.checkpoint()).toEqual(before);
    expect((await place.run('status')).code).toBe(0);
    expect((await place.run('doctor')).out).toMatch(/warn {2}clock .*days after the last that is known/);
    expect(await place.run('quarantine', 'acme', '--accept-clock', today())).toMatchObject({ code: 0 });
    for (const noDay of ['GARBAGE', '2026-02-30', '']) {
      const { code, err } = await place.run('release', 'acme', '--accept-clock', noDay);
      expect([code, err]).toEqual([2, expect.stringContaining("takes today's date (UTC) as YYYY-MM-DD")]);
    }
    expect(await place.run('release', 'acme')).toMatchObject({ code: 0 });
  });

  it('is believed within a month, and after any rest as long as a command was given every month', async () => {
    using place = await givenEstate();
    for (const days of [30, 60, 90]) {
      setClock({ days: 30 });
      expect([days, await place.run('sync')]).toMatchObject([days, { code: 0, err: '' }]);
    }
    setClock({ days: 32 });
    expect(await place.run('sync')).toMatchObject({ code: 2 });
  });
});

describe('a ledger that is ahead of the clock', () => {
  it('has a checkpoint of a time with a gap: which of its entries were there by then nobody can tell', async () => {
    using place = await givenEstate();
    const before = await place.checkpoint();
    setClock({ days: 1 });
    await place.succeed('quarantine', 'acme');
    vi.useRealTimers();
    const soon = new Date(Date.now() + 3_600_000).toISOString();
    const { code, out } = await place.run('checkpoint', '--at', soon);
    expect(code).toBe(7);
    expect(out).toContain(`size  ${String(before.size)}\n`);
    expect(out).toContain(
      `the entries from seq ${String(before.size)} on bear times ahead of the clock of whoever asks`,
    );
    expect(JSON.parse((await place.run('checkpoint', '--at', soon, '--json')).out)).toMatchObject({
      gaps: [{ kind: 'clock', about: 'ledger' }],
    });
    const early = new Date(Date.now() - 86_400_000).toISOString();
    expect((await place.run('checkpoint', '--at', early)).out).not.toContain('ahead of the clock');
    expect(await place.succeed('checkpoint', '--at', 'seq:3')).not.toContain('gap');
  });
});

describe('a clock that shows what cannot be', () => {
  it.each(['1969-12-31T23:59:59Z', '+010000-01-01T00:00:00Z'])(
    '%s: is told, and nothing is recorded',
    async (time) => {
      using place = await givenEstate();
      const before = await place.checkpoint();
      setClock(time);
      for (const command of [
        ['apply', documentsIn(place)],
        ['sync'],
        ['quarantine', 'acme'],
        ['verify'],
        ['status'],
      ]) {
        const { code, err } = await place.run(...command);
        expect([command, code, err]).toEqual([
          command,
          5,
          expect.stringContaining('which cannot be: set it'),
        ]);
      }
      expect((await place.run('doctor')).out).toMatch(/FAIL {2}clock .*which cannot be/);
      expect(await place.checkpoint()).toEqual(before);
      using other = new Workplace();
      expect(await other.run('apply', documentsIn(place))).toMatchObject({ code: 5 });
    },
  );
});
