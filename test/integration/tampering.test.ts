import fc from 'fast-check';
import { hash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { draftOf } from '../../events/draft.ts';
import { Frontier } from '../../src/ledger/merkle/frontier.ts';
import { leafHash } from '../../src/ledger/merkle/hash.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite/ledger.ts';
import { estateProjection } from '../../src/projector/estate-projection.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { randomIds } from '../../src/runtime/ids.ts';
import { tester } from '../doubles/facts.ts';
import { crowd, town } from '../support/documents.ts';
import { Workplace } from '../support/command-line.ts';

const more = '{ kind: Tenant, tenant: late, segments: [one] }';

function folderWith(place: Workplace, name: string, yaml: string): string {
  const folder = join(place.folder, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'documents.yaml'), yaml);
  return folder;
}

/** A ledger that has been used, with all of it in one file. */
async function usedLedger(place: Workplace): Promise<string> {
  await place.succeed('apply', folderWith(place, 'town', town));
  await place.succeed('sync');
  return folderWith(place, 'more', more);
}

/** A ledger in which so much was recorded that what it comes to was kept, and then something more. */
async function keptLedger(place: Workplace): Promise<string> {
  await place.succeed('apply', folderWith(place, 'town', `${town}\n---\n${crowd}`));
  await place.succeed('sync');
  expect(existsSync(keptPath(place))).toBe(true);
  await place.succeed('quarantine', 'globex');
  return folderWith(place, 'more', more);
}

function keptPath(place: Workplace): string {
  return join(place.folder, 'ledger.db.d', 'state', 'estate.json');
}

const commands = (folder: string): string[][] => [
  ...[['checkpoint'], ['verify'], ['connections'], ['log'], ['status'], ['tail'], ['plan', folder]],
  ...[['apply', folder], ['sync']],
];

function changeOneLetter({ ledgerPath }: Workplace): void {
  const bytes = readFileSync(ledgerPath);
  const at = bytes.indexOf('"tenant":"globex"');
  expect(at).toBeGreaterThan(0);
  bytes.write('"tenant":"globez"', at);
  writeFileSync(ledgerPath, bytes);
}

/** As one who reads the source: the triggers out of the way, another document, and each share in the tree made right. */
function rewrite({ ledgerPath }: Workplace, { from, to }: { from: number; to: number }): void {
  using raw = new DatabaseSync(ledgerPath);
  const triggers = raw.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").all();
  for (const { name } of triggers) raw.exec(`DROP TRIGGER ${String(name)}`);
  raw.exec(`UPDATE entry SET bytes = CAST(replace(CAST(bytes AS TEXT), '"globex"', '"globez"') AS BLOB)
    WHERE seq >= ${String(from)} AND seq < ${String(to)}`);
  const tree = new Frontier({ size: 0, frontier: [] });
  const put = raw.prepare('UPDATE entry SET subtree = ?2 WHERE seq = ?1');
  for (const { seq, bytes } of raw.prepare('SELECT seq, bytes FROM entry ORDER BY seq').all()) {
    const leaf = leafHash(z.instanceof(Uint8Array).parse(bytes));
    put.run(z.number().parse(seq), Buffer.from(tree.append(leaf), 'hex'));
  }
  for (const trigger of triggers) raw.exec(String(trigger['sql']));
}

/** The last entries get a time in another century, and the tree is left as it is. */
function redate({ ledgerPath }: Workplace, century: string): void {
  using raw = new DatabaseSync(ledgerPath);
  const triggers = raw.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").all();
  for (const { name } of triggers) raw.exec(`DROP TRIGGER ${String(name)}`);
  raw.exec(`UPDATE entry SET bytes = CAST(replace(CAST(bytes AS TEXT), '"recordedAt":"20', '"recordedAt":"${century}') AS BLOB)
    WHERE seq > (SELECT max(seq) FROM entry) - 2`);
  for (const trigger of triggers) raw.exec(String(trigger['sql']));
}

function numberOfEntries({ ledgerPath }: Workplace): number {
  using raw = new DatabaseSync(ledgerPath, { readOnly: true });
  return z.looseObject({ size: z.int() }).parse(raw.prepare('SELECT count(*) AS size FROM entry').get()).size;
}

const anotherHistory = /the ledger's history is not the one seen before/;

describe('a ledger that is not what it was', () => {
  it('is refused by every command that reads it from the first entry, when one letter of an old entry was changed', async () => {
    using place = new Workplace();
    const folder = await usedLedger(place);
    changeOneLetter(place);
    for (const command of commands(folder)) {
      const { code, out, err } = await place.run(...command);
      expect([command[0], code, out]).toEqual([command[0], 6, '']);
      expect(err).toMatch(/history is not the one seen before|\d+ entries give the root/);
    }
  });

  it.each<[century: string, what: string, used: typeof usedLedger, isSeen: boolean]>([
    ['19', 'seen', usedLedger, true],
    ['29', 'seen', usedLedger, true],
    ['19', 'seen by nobody', usedLedger, false],
    ['19', 'kept', keptLedger, true],
    ['29', 'kept', keptLedger, true],
  ])(
    'is refused by every command that writes when its last entries were moved to the century %s00, and was %s: no clock is blamed for that',
    async (century, _what, used, isSeen) => {
      using place = new Workplace();
      const folder = await used(place);
      redate(place, century);
      if (!isSeen) rmSync(join(place.folder, 'ledger.db.d', 'state'), { recursive: true });
      const before = numberOfEntries(place);
      for (const command of [
        ...[['apply', folder], ['sync'], ['quarantine', 'acme'], ['quarantine', 'acme', '--no-wait']],
        ...[['release', 'globex'], ['rebuild', '--shard', 'shard-1'], ['verify'], ['plan', folder]],
      ]) {
        const { code, err } = await place.run(...command);
        expect([command[0], code, err]).toEqual([command[0], 6, expect.not.stringContaining('clock')]);
      }
      expect(numberOfEntries(place)).toBe(before);
    },
  );

  it('is refused by every command that reads old entries, and changes no decision of the others', async () => {
    using place = new Workplace();
    const folder = await keptLedger(place);
    const before = {
      plan: await place.succeed('plan', folder, '--json'),
      log: await place.succeed('log', '--json'),
      ledger: readFileSync(place.ledgerPath),
    };
    changeOneLetter(place);
    const backup = join(place.folder, 'backup.db');
    const copy = `sqlite:${join(place.folder, 'copy.db')}`;
    for (const command of [
      ...[
        ['verify'],
        ['verify', '--at', 'seq:3'],
        ['checkpoint'],
        ['checkpoint', '--at', 'seq:3'],
        ['doctor'],
      ],
      ...[['ledger', 'backup', backup], ['ledger', 'copy', place.ledgerUrl, copy], ['tail'], ['log']],
      ...[['rebuild', '--shard', 'shard-1', '--dry-run'], ['rebuild', '--shard', 'shard-1'], ['status']],
      ...['plan', 'apply'].map((name) => ['--full', name, folder]),
      ...[['sync'], ['quarantine', 'acme'], ['release', 'globex'], ['log']].map((asked) => [
        '--full',
        ...asked,
      ]),
    ])
      expect([command, (await place.run(...command)).code]).toEqual([command, 6]);
    expect(existsSync(backup)).toBe(false);
    const { entries } = z
      .object({ entries: z.array(z.looseObject({ type: z.string(), seq: z.int() })) })
      .loose()
      .parse(JSON.parse(before.log));
    const kept = entries.find(({ type }) => type === 'StateKept')?.seq ?? -1;
    expect((await place.run('tail', '--after', String(kept - 2))).code).toBe(6);
    await place.succeed('tail', '--after', String(kept - 1));
    // The others rest on what was kept, for which the ledger vouches, and on the entries since.
    expect(await place.succeed('plan', folder, '--json')).toBe(before.plan);
    await place.succeed('sync');
    await place.succeed('quarantine', 'acme');
    await place.succeed('apply', folder);
    expect((await place.run('verify')).code).toBe(6);
  }, 60_000);

  it('is refused by every command when entries were rewritten with the whole tree, before or after what was kept', async () => {
    using place = new Workplace();
    const folder = await keptLedger(place);
    const size = numberOfEntries(place);
    const whole = readFileSync(place.ledgerPath);
    for (const part of [
      { from: 0, to: size },
      { from: size - 12, to: size },
      { from: 0, to: 100 },
    ]) {
      writeFileSync(place.ledgerPath, whole);
      rewrite(place, part);
      for (const command of [...commands(folder), ['quarantine', 'acme'], ['doctor']]) {
        const { code, out, err } = await place.run(...command);
        if (command[0] === 'doctor') expect([code, out]).toEqual([6, expect.stringMatching(anotherHistory)]);
        else
          expect([part, command[0], code, out, err]).toEqual([
            part,
            command[0],
            6,
            '',
            expect.stringMatching(anotherHistory),
          ]);
      }
    }
  }, 60_000);

  it.each([['seen.json'], ['estate.json']])('is refused also where %s was lost', async (name) => {
    using place = new Workplace();
    await keptLedger(place);
    rmSync(join(place.folder, 'ledger.db.d', 'state', name));
    rewrite(place, { from: 0, to: numberOfEntries(place) });
    const { code, err } = await place.run('status');
    expect([code, err]).toEqual([6, expect.stringMatching(anotherHistory)]);
  });

  it('is refused by every command when an older copy was put back', async () => {
    using place = new Workplace();
    const folder = await usedLedger(place);
    const copy = join(place.folder, 'copy.db');
    cpSync(place.ledgerPath, copy);
    await place.succeed('apply', folder);
    for (const ending of ['', '-wal', '-shm']) rmSync(`${place.ledgerPath}${ending}`, { force: true });
    cpSync(copy, place.ledgerPath);
    for (const command of commands(folder)) {
      const { code, out, err } = await place.run(...command);
      expect([command[0], code, out]).toEqual([command[0], 6, '']);
      expect(err).toMatch(/the ledger's history was cut: \d+ entries[^]*in \S+ledger\.db\.d\./);
    }
  });

  it('is not begun anew where one was emptied', async () => {
    using place = new Workplace();
    const folder = await usedLedger(place);
    truncateSync(place.ledgerPath, 0);
    const { code, err } = await place.run('apply', folder);
    expect([code, err]).toEqual([6, expect.stringMatching(/is gone, but .* restore the ledger/)]);
    expect(readFileSync(place.ledgerPath)).toHaveLength(0);
  });
});

/** Edits the kept state. Its digest is that of its bytes, so that it is right again. */
function editKept(place: Workplace, edit: (text: string) => string): void {
  const text = readFileSync(keptPath(place), 'utf8');
  const edited = edit(text);
  expect(edited).not.toBe(text);
  writeFileSync(keptPath(place), edited);
}

describe('a kept state that was edited at one place', () => {
  it('is not used, whatever it is, and holds up no command', async () => {
    using place = new Workplace();
    const folder = await keptLedger(place);
    const [first = '', state = ''] = readFileSync(keptPath(place), 'utf8').split('\n');
    const expected = await place.succeed('plan', folder, '--json');
    const tryOne = async (where: number, value: unknown): Promise<void> => {
      const lines: unknown[] = [JSON.parse(first), JSON.parse(state)];
      const leaves = leavesIn(lines);
      leaves[where % leaves.length]?.(value);
      writeFileSync(keptPath(place), lines.map((line) => JSON.stringify(line)).join('\n'));
      const { code, out, err } = await place.run('plan', folder, '--json');
      expect([code, out], err).toEqual([0, expected]);
      expect((await place.run('quarantine', 'globex')).code).toBe(0);
    };
    const ofFirstLine = leavesIn(JSON.parse(first)).length;
    for (let at = 0; at < ofFirstLine; at += 1)
      for (const value of [5, '\ud800', null]) await tryOne(at, value);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.constantFrom<unknown>('', 'no-such', '\ud800', 0, 1, 5, 1e15, -1, null, true, [], {}),
        tryOne,
      ),
      { numRuns: Number(process.env['ISOLEDGER_TEST_RUNS'] ?? 10), endOnFailure: true },
    );
  }, 120_000);
});

/** For each value in a tree that is no list or mapping: what puts another in its place. */
function leavesIn(tree: unknown): ((value: unknown) => void)[] {
  if (typeof tree !== 'object' || tree === null) return [];
  return Object.entries(tree).flatMap(([key, below]: [string, unknown]) =>
    typeof below === 'object' && below !== null
      ? leavesIn(below)
      : [
          (value: unknown) => {
            Reflect.set(tree, key, value);
          },
        ],
  );
}

const edits: [string, (text: string) => string, RegExp][] = [
  [
    'a tenant is out of quarantine',
    (text) => text.replace('"quarantine":{"tenants":["globex"]', '"quarantine":{"tenants":[]'),
    /at intended quarantine tenants globex it holds nothing, by the entries it is "globex"/,
  ],
  [
    'documents say another port',
    (text) => text.replaceAll(/\b443\b/g, '80'),
    /at intended tenants acme services acme-api ports 443 it holds nothing, by the entries it is 443/,
  ],
  [
    'a host has acknowledged more',
    (text) => text.replace(/"hosts":\[\["([^"]+)",{"plan":\d+/, '"hosts":[["$1",{"plan":77'),
    /at applied shard-\d hosts \S+ plan it holds 77, by the entries it is \d/,
  ],
];

/** A kept state that has a tenant in quarantine, and hosts that have acknowledged it. */
async function keptWithQuarantine(place: Workplace): Promise<string> {
  await place.succeed('apply', folderWith(place, 'town', town));
  await place.succeed('sync');
  await place.succeed('quarantine', 'globex');
  await place.succeed('apply', folderWith(place, 'crowd', crowd));
  await place.succeed('sync');
  expect(readFileSync(keptPath(place), 'utf8')).toContain('"tenants":["globex"]');
  return folderWith(place, 'more', more);
}

/** The ledger of the kept state. */
function ledgerOfKept(place: Workplace): string {
  const [first = ''] = readFileSync(keptPath(place), 'utf8').split('\n');
  return z.looseObject({ ledger: z.string() }).parse(JSON.parse(first)).ledger;
}

/** What doctor says of files of state, and what stderr says, of an ask and a command that writes. */
async function saidOfState(place: Workplace): Promise<{ doctor: string; verify: string; codes: number[] }> {
  const [doctor, verify] = [await place.run('doctor'), await place.run('verify', '--json')];
  return { doctor: doctor.out.replace(/\n +/g, ' '), verify: verify.err, codes: [doctor.code, verify.code] };
}

describe('a kept state that names another ledger', () => {
  it('is not used, named, and replaced: it holds up no cut and no other command', async () => {
    using place = new Workplace();
    using other = new Workplace();
    await keptWithQuarantine(other);
    const folder = await keptWithQuarantine(place);
    const before = await place.succeed('plan', folder, '--json');
    cpSync(keptPath(other), keptPath(place));
    const named = /estate\.json is the kept state of ledger \S+: somebody put it there; it is not used/;
    const { doctor, verify, codes } = await saidOfState(place);
    expect(codes).toEqual([0, 0]);
    expect([doctor, verify]).toEqual([expect.stringMatching(named), expect.stringMatching(named)]);
    for (const command of [
      ['status'],
      ['rebuild', '--shard', 'shard-1', '--dry-run'],
      ['complete', '--', ''],
    ])
      expect([command[0], (await place.run(...command)).code]).toEqual([command[0], 0]);
    expect(await place.run('plan', folder, '--json')).toMatchObject({ out: before });
    const cut = await place.run('quarantine', 'acme');
    expect([cut.code, cut.err]).toEqual([0, expect.stringMatching(named)]);
    expect(cut.out).toMatch(/ cut$/m);
    expect(ledgerOfKept(place)).not.toBe(ledgerOfKept(other));
    const after = await saidOfState(place);
    expect([after.verify, after.doctor]).toEqual(['', expect.not.stringMatching(/is not used/)]);
  });

  it('is told of where nothing else was kept either, and another note of what was seen is refused', async () => {
    using place = new Workplace();
    using other = new Workplace();
    await keptWithQuarantine(other);
    await usedLedger(place);
    const seen = (of: Workplace): string => join(of.folder, 'ledger.db.d', 'state', 'seen.json');
    cpSync(keptPath(other), keptPath(place));
    rmSync(seen(place));
    const { code, err } = await place.run('quarantine', 'acme');
    expect([code, err]).toEqual([
      0,
      expect.stringMatching(/estate\.json is the kept state of ledger \S+: whether the ledger still holds/),
    ]);
    cpSync(seen(other), seen(place));
    const refused = await place.run('quarantine', 'globex');
    expect([refused.code, refused.err]).toEqual([6, expect.stringMatching(/seen\.json belongs to ledger/)]);
  });
});

describe('a kept state that was edited', () => {
  it.each(edits)('is not used, and doctor tells of it: %s', async (_what, edit) => {
    using place = new Workplace();
    const folder = await keptWithQuarantine(place);
    const answers = async (): Promise<unknown[]> => [
      await place.succeed('plan', folder, '--json'),
      await place.succeed('status', '--json'),
      (await place.run('completion', 'bash')).code,
      await place.succeed('complete', '--', 'quarantine', ''),
    ];
    const before = await answers();
    const entries = numberOfEntries(place);
    editKept(place, edit);
    expect(await answers()).toEqual(before);
    for (const asking of [
      ['status'],
      ['verify'],
      ['verify', '--from', 'seq:0'],
      ['verify', '--known-at', 'seq:9'],
    ])
      expect((await place.run(...asking)).err).toMatch(
        /^isoledger: .*estate\.json is not a kept state that this ledger vouches for/m,
      );
    const { code, out } = await place.run('doctor');
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/kept state\s.*is not used: no entry of the ledger vouches for it/),
    ]);
    // It is replaced by what the entries come to, and nothing is planned.
    await place.succeed('sync');
    expect(numberOfEntries(place)).toBe(entries + 1);
    expect(await place.succeed('log', '--type', 'StateKept')).toMatch(/come to was kept in a file/);
    expect(await place.succeed('doctor')).not.toMatch(/is not used/);
    await place.succeed('verify');
    await place.succeed('quarantine', 'acme');
    await place.succeed('verify');
  });

  it.each(edits)(
    'and for which somebody had the ledger vouch is found by verify, doctor and rebuild: %s',
    async (_what, edit, words) => {
      using place = new Workplace();
      const folder = await keptWithQuarantine(place);
      editKept(place, edit);
      const digest = hash('sha256', readFileSync(keptPath(place)));
      const ledger = openSqliteLedger({
        path: place.ledgerPath,
        create: false,
        clock: systemClock,
        ids: randomIds,
      });
      const { version } = estateProjection;
      const data = { projection: 'estate', version, size: 1, digest };
      await ledger.append({ events: [draftOf({ type: 'StateKept', data })], actor: tester });
      await ledger.close();
      const asks = [
        ['verify'],
        ['verify', '--from', 'seq:0'],
        // What an engine came to is kept by then: --full replays the entries all the same.
        ['verify', '--from', 'seq:0', '--full'],
        ['rebuild', '--shard', 'shard-1', '--dry-run'],
      ];
      for (const command of [...asks, ['rebuild', '--shard', 'shard-1']]) {
        const { code, err } = await place.run(...command);
        expect([code, err]).toEqual([6, expect.stringMatching(words)]);
        expect(err).toMatch(/delete \S+ledger\.db\.d\/state/);
      }
      const entries = numberOfEntries(place);
      for (const command of [['sync'], ['apply', folder], ['quarantine', 'acme'], ['release', 'globex']]) {
        const { code, err } = await place.run(...command, '--full');
        expect([code, err]).toEqual([6, expect.stringMatching(words)]);
      }
      expect(numberOfEntries(place)).toBe(entries);
      const { code, out } = await place.run('verify', '--json');
      const report = z.looseObject({ verdict: z.string(), keptState: z.string() }).parse(JSON.parse(out));
      expect([code, report.verdict]).toEqual([6, 'proven']);
      expect(report.keptState).toMatch(words);
      const doctor = await place.run('doctor');
      expect([doctor.code, doctor.out]).toEqual([6, expect.stringMatching(words)]);

      rmSync(`${place.ledgerPath}.d/state`, { recursive: true });
      await place.succeed('apply', folder);
      await place.succeed('sync');
      await place.succeed('verify');
      await place.succeed('doctor');
    },
  );
});
