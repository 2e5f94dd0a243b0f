import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { draftOf } from '../../events/draft.ts';
import { rolesIn } from '../../src/compose/roles.ts';
import type { Ledger } from '../../src/ledger/port.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite/ledger.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { randomIds } from '../../src/runtime/ids.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';
import { tester } from '../doubles/facts.ts';
import { town } from '../support/documents.ts';
import { Workplace } from '../support/command-line.ts';
import { describeNeeding, root } from '../support/needs.ts';
import { nobody, OtherUser } from '../support/other-user.ts';

/** Every question, but for probe: what it may say of a packet is of no interest here. */
function questions(documents: string): string[][] {
  return [
    ['verify'],
    ['log', '--json'],
    ['status'],
    ['connections'],
    ['connections', '--lane', 'applied'],
    ['explain', 'acme', 'globex', 'tcp/443'],
    ['diff', 'seq:0', 'now'],
    ['blame', 'acme'],
    ['tail'],
    ['checkpoint'],
    ['plan', documents],
    ['rebuild', '--shard', 'shard-1', '--dry-run'],
    ['doctor', '--json'],
  ];
}

const dryRunAnswer = z.object({ hosts: z.array(z.looseObject({ host: z.string() })).min(1) });

/** The entries of a ledger after the documents of the town were applied, and driven. */
const sizeOfTown = 27;

function documentsIn({ folder }: Workplace): string {
  return join(folder, 'documents');
}

/** A place with an estate in force that everybody may read. */
async function givenEstate(): Promise<Workplace> {
  const place = new Workplace();
  const documents = documentsIn(place);
  mkdirSync(documents);
  writeFileSync(join(documents, 'town.yaml'), town);
  await place.succeed('apply', documents);
  await place.succeed('sync');
  letOthersRead(place.folder);
  return place;
}

function letOthersRead(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
    chmodSync(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644);
}

/** A writer that has just appended to the ledger, and has it open. */
async function writerOn(path: string): Promise<Ledger> {
  const ledger = openSqliteLedger({ path, create: false, clock: systemClock, ids: randomIds });
  await ledger.append({
    events: [draftOf({ type: 'TenantQuarantined', data: { tenant: 'vault' } })],
    actor: tester,
  });
  letOthersRead(dirname(path));
  return ledger;
}

describeNeeding([root], 'an account that may only read', () => {
  let auditor: OtherUser;
  beforeAll(() => {
    auditor = new OtherUser();
  });
  afterAll(() => auditor[Symbol.asyncDispose]());

  /** Asks as the auditor. Nothing may be left beside the ledger, and nothing overlooked that is in its log. */
  async function expectAnswers(place: Workplace, size = sizeOfTown, told = /^$/): Promise<void> {
    const before = readdirSync(place.folder, { recursive: true }).sort();
    for (const question of questions(documentsIn(place))) {
      const { code, out, err } = await auditor.run('--ledger', place.ledgerUrl, ...question);
      // Doctor tells it among its checks.
      const where = question[0] === 'doctor' && !told.test('') ? out : err;
      expect([question, code, where]).toEqual([question, 0, expect.stringMatching(told)]);
      expect(out).not.toBe('');
    }
    expect(readdirSync(place.folder, { recursive: true }).sort()).toEqual(before);
    const { out } = await auditor.run('--ledger', place.ledgerUrl, 'checkpoint', '--json');
    expect(JSON.parse(out)).toMatchObject({ size });
  }

  it('is answered every question, on a ledger at rest, and writes nothing', async () => {
    using place = await givenEstate();
    await expectAnswers(place);
  });

  it('is answered without kept state, and with kept state that it may not read', async () => {
    using place = await givenEstate();
    chmodSync(`${place.ledgerPath}.d/state`, 0o700);
    await expectAnswers(place, sizeOfTown, /state\/\S+ cannot be read \(.*\): .* was not compared/);
    rmSync(`${place.ledgerPath}.d/state`, { recursive: true });
    await expectAnswers(place);
  });

  it('is answered beside a writer, and when that one was killed: with its log, and without the index of it', async () => {
    using place = await givenEstate();
    using killed = new Workplace();
    const writer = await writerOn(place.ledgerPath);
    await expectAnswers(place, sizeOfTown + 1);
    cpSync(place.folder, killed.folder, { recursive: true });
    await writer.close();
    expect(existsSync(`${place.ledgerPath}-wal`)).toBe(false);
    letOthersRead(killed.folder);
    await expectAnswers(killed, sizeOfTown + 1);
    rmSync(`${killed.ledgerPath}-shm`);
    await expectAnswers(killed, sizeOfTown + 1);
    rmSync(`${killed.ledgerPath}-wal`);
    writeFileSync(`${killed.ledgerPath}-shm`, '');
    letOthersRead(killed.folder);
    await expectAnswers(killed);
  });

  it('is told that it may only read, and is refused what writes, by name of the file', async () => {
    using place = await givenEstate();
    const doctor = await auditor.run('--ledger', place.ledgerUrl, 'doctor');
    expect(doctor.out).toMatch(/warn {2}folders .* by this account: it can ask every question/);
    for (const command of [['apply', documentsIn(place)], ['sync'], ['quarantine', 'acme']]) {
      const { code, err } = await auditor.run('--ledger', place.ledgerUrl, ...command);
      expect([command, code]).toEqual([command, 5]);
      expect(err).toContain(
        `${place.ledgerPath}, ${place.folder} cannot be written by this account: see owner`,
      );
    }
    chmodSync(place.ledgerPath, 0o640);
    const { code, err } = await auditor.run('--ledger', place.ledgerUrl, 'status');
    expect([code, err]).toEqual([
      5,
      expect.stringContaining(`${place.ledgerPath} cannot be read by this account`),
    ]);
    const closed = await auditor.run('--ledger', place.ledgerUrl, 'doctor');
    expect(closed.out).toMatch(
      /warn {2}folders .* may not read the ledger either: it can neither ask nor record/,
    );
    expect(closed.out).toMatch(/FAIL {2}ledger .* cannot be read by this account.* -> mend that, or ask as/);
    expect(closed.out).not.toMatch(/every question|backup/);
  });

  it('is told in a sentence where what follows from its own ledger cannot be kept', async () => {
    using place = await givenEstate();
    for (const entry of ['', ...readdirSync(place.folder, { recursive: true, encoding: 'utf8' })])
      chownSync(join(place.folder, entry), nobody, nobody);
    const state = `${place.ledgerPath}.d/state`;
    chmodSync(state, 0o555);
    const long = join(place.folder, 'long.yaml');
    writeFileSync(long, `# ${'-'.repeat(70_000)}\n{ kind: Tenant, tenant: another, segments: [one] }\n`);
    chmodSync(long, 0o644);
    for (const command of [
      ['apply', long],
      ['quarantine', 'acme'],
    ]) {
      const { code, err } = await auditor.run('--ledger', place.ledgerUrl, ...command);
      expect([command, code]).toEqual([command, 0]);
      const told = err.split('\n').filter((line) => line !== '');
      expect(told.length).toBeGreaterThan(0);
      for (const line of told)
        expect(line).toBe(
          `isoledger: what follows from the ledger is not kept for the next command: nothing can be written in ${state} (permission denied)`,
        );
    }
  });

  it.each([
    ['entered', 0o644],
    ['looked through', 0o750],
  ])('is answered where the folder beside the ledger may not be %s', async (_, mode) => {
    using place = await givenEstate();
    const derived = `${place.ledgerPath}.d`;
    chmodSync(derived, mode);
    const ofHosts = ['doctor', 'rebuild'];
    for (const question of questions(documentsIn(place)).filter(([name = '']) => !ofHosts.includes(name))) {
      const { code, err } = await auditor.run('--ledger', place.ledgerUrl, ...question);
      expect([question, code, err]).toEqual([question, 0, expect.stringContaining('was not compared')]);
    }
    const dry = ['--ledger', place.ledgerUrl, 'rebuild', '--shard', 'shard-1', '--dry-run'];
    const told = await auditor.run(...dry);
    expect([told.code, told.out, told.err]).toEqual([
      5,
      expect.stringMatching(/\nhv-1 .* unknown +unknown +unknown\n/),
      expect.stringMatching(
        /hosts of shard-1 cannot be read, so it is unknown what would change there: hv-1/,
      ),
    ]);
    const unknown = { drifted: null, differs: null, put: null, removed: null };
    const { hosts } = dryRunAnswer.parse(JSON.parse((await auditor.run(...dry, '--json')).out));
    for (const host of hosts) expect(host).toMatchObject(unknown);
    const { code, out } = await auditor.run('--ledger', place.ledgerUrl, 'doctor');
    expect([code, out]).toEqual([
      5,
      expect.stringMatching(
        new RegExp(`warn {2}folders .*${derived} cannot be looked into.*it can ask every question`),
      ),
    ]);
    expect(out).not.toMatch(/EACCES|is not there|made anew|0 of \d+ hosts|Once that role/);
    expect(out).toMatch(/warn +shard shard-1 +none of its \d hosts can be read/);
    for (const name of ['strays', 'roles'])
      expect(out).toMatch(new RegExp(`FAIL +${name} .*ask as an account that may read there`));
  });

  it.each([
    ['entered', 0o644],
    ['looked through', 0o750],
  ])(
    'may record, but not drive, where it writes to the ledger, and that folder may not be %s',
    async (_, mode) => {
      using place = await givenEstate();
      const derived = `${place.ledgerPath}.d`;
      chmodSync(place.folder, 0o777);
      chmodSync(place.ledgerPath, 0o666);
      chmodSync(derived, mode);
      const ask = (...command: string[]): ReturnType<OtherUser['run']> =>
        auditor.run('--ledger', place.ledgerUrl, ...command);
      expect((await ask('apply', documentsIn(place))).code).toBe(0);
      const why = `this account may not enter ${derived}: see its owner and rights`;
      const quarantine = await ask('quarantine', 'acme');
      expect([quarantine.code, quarantine.err]).toEqual([5, expect.stringContaining(why)]);
      expect(quarantine.out).toMatch(/acme is in quarantine since(.*\n)+shard-1 +hv-1 +not cut/);
      expect(quarantine.out + quarantine.err).not.toContain('made anew');
      const sync = await ask('sync');
      expect([sync.code, sync.err]).toEqual([5, expect.stringContaining(why)]);
      const doctor = await ask('doctor');
      expect([doctor.code, doctor.out]).toEqual([
        5,
        expect.stringMatching(
          new RegExp(`FAIL {2}folders .*${derived} cannot be looked into.*see its owner`),
        ),
      ]);
    },
  );

  it('cannot see whether a role is held, and does not take it to be free', async () => {
    using place = await givenEstate();
    const roles = rolesIn(join(`${place.ledgerPath}.d`, 'locks'));
    const held = await roles.hold('applier/shard-1');
    letOthersRead(place.folder);
    const { out } = await auditor.run('--ledger', place.ledgerUrl, 'doctor');
    expect(out).toMatch(
      new RegExp(`applier/shard-1 .*${String(process.pid)}.*cannot see whether it is held`),
    );
    await held.release();
  });
});

describeNeeding([root], 'a ledger that was read-only for a while', () => {
  let owner: OtherUser;
  beforeAll(() => {
    owner = new OtherUser();
  });
  afterAll(() => owner[Symbol.asyncDispose]());

  /** An estate of the other account, with companion files that were made while the ledger could not be written. */
  async function givenReadOnlyIndex(): Promise<Workplace> {
    const place = await givenEstate();
    const writer = await writerOn(place.ledgerPath);
    for (const ending of ['-wal', '-shm'])
      cpSync(`${place.ledgerPath}${ending}`, `${place.ledgerPath}.kept${ending}`);
    await writer.close();
    for (const ending of ['-wal', '-shm'])
      renameSync(`${place.ledgerPath}.kept${ending}`, `${place.ledgerPath}${ending}`);
    giveAway(place.folder);
    for (const ending of ['-wal', '-shm']) chmodSync(`${place.ledgerPath}${ending}`, 0o444);
    return place;
  }

  it('is written again by its owner, though the files beside it were left read-only', async () => {
    using place = await givenReadOnlyIndex();
    const before = await owner.run('--ledger', place.ledgerUrl, 'doctor');
    expect([before.code, before.out]).toEqual([
      0,
      expect.stringMatching(
        /warn +folders .*-shm cannot be written, and .* the next command that writes gives/,
      ),
    ]);
    const { code, err } = await owner.run('--ledger', place.ledgerUrl, 'quarantine', 'acme');
    expect([code, err]).toEqual([0, '']);
    const after = await owner.run('--ledger', place.ledgerUrl, 'doctor');
    expect(after.out).not.toMatch(/cannot be written/);
  });

  it('given a file with another name beside it, changes no rights', async () => {
    using place = await givenReadOnlyIndex();
    const index = `${place.ledgerPath}-shm`;
    linkSync(index, join(place.folder, 'precious'));
    const { code, err } = await owner.run('--ledger', place.ledgerUrl, 'quarantine', 'acme');
    expect([code, err]).toEqual([5, expect.stringContaining(`isoledger: ${index} cannot be written, and`)]);
    expect(statSync(index).mode & 0o777).toBe(0o444);
  });

  it('given a file of somebody else beside it, says which file is in the way, also by doctor', async () => {
    using place = await givenReadOnlyIndex();
    const index = `${place.ledgerPath}-shm`;
    chownSync(index, 0, 0);
    const { code, err } = await owner.run('--ledger', place.ledgerUrl, 'quarantine', 'acme');
    expect([code, err]).toEqual([5, expect.stringContaining(`isoledger: ${index} cannot be written, and`)]);
    expect((await owner.run('--ledger', place.ledgerUrl, 'status')).code).toBe(0);
    const doctor = await owner.run('--ledger', place.ledgerUrl, 'doctor');
    expect([doctor.code, doctor.out]).toEqual([5, expect.stringContaining(`${index} cannot be written`)]);
    expect(doctor.out).toContain(`chown and chmod, with --reference=${place.ledgerPath}`);
  });

  it.each([
    ['the overlay of a shard', 'overlay/shard-1'],
    ['the locks of appliers', 'locks/applier'],
    ['kept state', 'state'],
  ])('given %s that cannot be written, doctor fails', async (_, part) => {
    using place = await givenEstate();
    giveAway(place.folder);
    const folder = join(`${place.ledgerPath}.d`, part);
    chmodSync(folder, 0o555);
    const doctor = await owner.run('--ledger', place.ledgerUrl, 'doctor');
    expect([doctor.code, doctor.out]).toEqual([5, expect.stringContaining(`${folder} cannot be written`)]);
  });

  it.each([0o700, 0o744])(
    'given a folder of a ledger that it may not enter, tells it in words',
    async (mode) => {
      using place = await givenEstate();
      const documents = join(temporaryFolder(), 'town');
      cpSync(documentsIn(place), documents, { recursive: true });
      letOthersRead(dirname(documents));
      chmodSync(place.folder, mode);
      const writing = [
        ...[['apply', documents], ['sync'], ['quarantine', 'acme'], ['release', 'acme']],
        ...[
          ['rebuild', '--shard', 'shard-1'],
          ['ledger', 'backup', '/tmp/none.db'],
        ],
      ];
      for (const command of [...questions(documents), ...writing]) {
        const { code, out, err } = await owner.run('--ledger', place.ledgerUrl, ...command);
        expect([command, code, out + err]).toEqual([command, 5, expect.stringMatching(/may not enter/)]);
        expect(out + err).not.toMatch(/EACCES|there is no(ne| ledger) at|fault of/);
      }
    },
  );

  it.each(['overlay', 'overlay/shard-1', 'locks', 'locks/applier', 'state'])(
    'given %s that it may not enter, tells it in words, and no command ends in a fault of its own',
    async (part) => {
      using place = await givenEstate();
      giveAway(place.folder);
      const folder = join(`${place.ledgerPath}.d`, part);
      chmodSync(folder, 0o644);
      const ask = (...command: string[]): ReturnType<OtherUser['run']> =>
        owner.run('--ledger', place.ledgerUrl, ...command);
      const doctor = await ask('doctor');
      expect([doctor.code, doctor.out]).toEqual([
        5,
        expect.stringMatching(new RegExp(`FAIL {2}folders .*${folder} cannot be looked into`)),
      ]);
      expect(doctor.out).not.toMatch(/EACCES|is not there|made anew/);
      const drives = part === 'state' ? 0 : 5;
      for (const command of ['sync', 'quarantine acme', 'release acme', 'rebuild --shard shard-1']) {
        const { code } = await ask(...command.split(' '), '--timeout', '0s');
        expect([command, code]).toEqual([command, drives]);
      }
    },
  );

  it('given a lock of somebody else, no two processes drive a shard', async () => {
    using place = await givenEstate();
    giveAway(place.folder);
    const lock = join(`${place.ledgerPath}.d`, 'locks', 'applier', 'shard-1.lock');
    chownSync(lock, 0, 0);
    chmodSync(lock, 0o444);
    const { code, err } = await owner.run('--ledger', place.ledgerUrl, 'sync');
    expect([code, err]).toEqual([5, expect.stringContaining(`cannot be locked at ${lock}`)]);
  });
});

function giveAway(folder: string): void {
  chownSync(folder, nobody, nobody);
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    chownSync(join(folder, entry), nobody, nobody);
}
