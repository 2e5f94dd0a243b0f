import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { Workplace } from '../support/command-line.ts';
import { town } from '../support/documents.ts';
import { program } from '../support/program.ts';

afterEach(() => {
  vi.useRealTimers();
});

/** Sets the clock of this process, where it stands still from then on. */
function standStill(daysAhead: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + daysAhead * 86_400_000 });
}

const policies = `
{ kind: Policy, tenant: acme, egress: [{ destination: globex, protocol: tcp, ports: [5432] }] }
---
{ kind: Policy, tenant: globex, ingress: [{ source: acme, protocol: tcp, ports: [5432] }] }
`;

const digest = z.string().regex(/^[0-9a-f]{64}$/);

/** What `verify --json` says of its answer, beside the answer. */
const told = z.looseObject({
  verdict: z.string(),
  findings: z.array(z.looseObject({ kind: z.string() })),
  ledger: z.looseObject({ size: z.int(), root: digest }),
  answer: z.strictObject({ digest, engine: digest, command: z.array(z.string()) }),
  attested: z.strictObject({ seq: z.int() }).optional(),
});
type Told = z.infer<typeof told>;

/** An estate in which somebody was cut off in the books alone, so that a revocation is under way. */
async function underWay(place: Workplace): Promise<void> {
  const folder = join(place.folder, 'documents');
  mkdirSync(folder);
  writeFileSync(join(folder, 'town.yaml'), `${town}---\n${policies}`);
  await place.succeed('apply', folder, '--as', 'ada');
  await place.succeed('sync');
  await place.succeed('quarantine', 'globex', '--no-wait', '--as', 'grace');
}

async function asked(place: Workplace, ...words: string[]): Promise<Told> {
  return told.parse(JSON.parse((await place.run('verify', '--json', ...words)).out));
}

/** Asks by the printed command, in a process of another place, time zone and language. */
function askedElsewhere(place: Workplace, command: readonly string[], ...more: string[]): Told {
  const [, ...words] = command;
  const { stdout } = spawnSync(process.execPath, [program, ...words, '--json', ...more], {
    cwd: place.folder,
    encoding: 'utf8',
    env: {
      ...process.env,
      ...{ TZ: 'Pacific/Chatham', LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8' },
      ISOLEDGER_LEDGER: place.ledgerUrl,
    },
  });
  return told.parse(JSON.parse(stdout));
}

async function lastAttestation(place: Workplace, ...filter: string[]): Promise<unknown> {
  const out = await place.succeed('log', '--type', 'IsolationAttested', '--json', ...filter);
  return z
    .looseObject({ entries: z.array(z.unknown()) })
    .parse(JSON.parse(out))
    .entries.at(-1);
}

describe('verify --attest', () => {
  it.each([
    [['--from', 'seq:0']],
    [['--from', 'seq:3', '--to', 'now', '--tenant', 'acme', '--peer', 'globex']],
    [['--tenant', 'globex']],
    [['--lane', 'intended', '--to', 'now']],
    [['--from', 'seq:2', '--known-at', 'seq:29']],
  ])('%j is answered the same by another installation, by the printed command', async (words) => {
    using place = new Workplace();
    using other = new Workplace();
    await underWay(place);
    const here = await asked(place, ...words, '--attest', '--as', 'mallory', '--reason', 'audit 7');
    const { answer, ledger, verdict } = here;
    // What comes later changes nothing of what was attested.
    await place.succeed('release', 'globex', '--as', 'grace');
    await place.succeed('sync');
    await place.succeed('ledger', 'copy', place.ledgerUrl, other.ledgerUrl);
    const there = askedElsewhere(other, answer.command);
    expect(there).toMatchObject({ answer, ledger, verdict });
    expect(there.findings).toEqual(here.findings);
    expect(there.attested).toBeUndefined();
    const again = askedElsewhere(other, answer.command, '--attest');
    expect(again).toMatchObject({ answer, ledger, verdict });
    expect(again.attested?.seq).toBeGreaterThan(here.attested?.seq ?? Infinity);
  });

  it('is answered the same where the ledger ends with what was known', async () => {
    using place = new Workplace();
    using other = new Workplace();
    await underWay(place);
    await place.succeed('ledger', 'copy', place.ledgerUrl, other.ledgerUrl);
    const { answer } = await asked(place, '--from', 'seq:0', '--attest');
    expect(askedElsewhere(other, answer.command).answer).toEqual(answer);
  });

  it('goes up to the last entry where no time has passed since', async () => {
    using place = new Workplace();
    standStill(0);
    await underWay(place);
    const { answer } = await asked(place, '--from', 'seq:0', '--attest');
    vi.useRealTimers();
    expect(answer.command.join(' ')).toMatch(/ --from seq:0 --to now --known-at seq:29$/);
    await place.succeed('release', 'globex');
    expect(askedElsewhere(place, answer.command).answer).toEqual(answer);
  });

  it('is refused where the ledger is ahead of the clock, on which the answer then depends', async () => {
    using place = new Workplace();
    await underWay(place);
    standStill(1);
    await place.succeed('release', 'globex', '--no-wait');
    vi.useRealTimers();
    const { code, err } = await place.run('verify', '--attest');
    expect(code).toBe(2);
    expect(err).toContain('one of them is wrong, and the answer depends on it');
    expect(await lastAttestation(place)).toBeUndefined();
  });

  it('has another digest where the answer, or what it is about, is another', async () => {
    using place = new Workplace();
    await underWay(place);
    const at = ['--known-at', 'seq:29'];
    const answers = [
      await asked(place, ...at),
      await asked(place, ...at, '--lane', 'intended'),
      await asked(place, ...at, '--tenant', 'acme'),
      await asked(place, ...at, '--tenant', 'globex'),
      await asked(place, ...at, '--from', 'seq:0'),
      await asked(place, '--known-at', 'seq:26'),
    ].map(({ answer }) => answer.digest);
    expect(new Set(answers).size).toBe(answers.length);
  });

  it('records who attests what, after all that it rests on, and ends as the verdict does', async () => {
    using place = new Workplace();
    await underWay(place);
    const out = await place.succeed(
      'verify',
      '--attest',
      '--from',
      'seq:0',
      '--as',
      'mallory',
      '--reason',
      'audit 7',
    );
    expect(out).toMatch(
      /\nattested as seq \d+\nanswer [0-9a-f]{64}\nengine [0-9a-f]{64}\nto ask again: isoledger verify --lane applied --from seq:0 --to \S+Z --known-at seq:\d+\n$/,
    );
    const here = await asked(place, '--tenant', 'acme', '--peer', 'globex', '--attest', '--as', 'mallory');
    expect(await lastAttestation(place)).toMatchObject({
      seq: here.attested?.seq,
      actor: { name: 'mallory', authenticated: 'asserted' },
      data: {
        ...{ lane: 'applied', tenant: 'acme', peer: 'globex', verdict: 'proven', findings: 2, gaps: 0 },
        ...{ size: here.ledger.size, root: here.ledger.root, answer: here.answer.digest },
        knownAt: { seq: here.ledger.size - 1 },
      },
    });
    expect(here.attested?.seq).toBe(here.ledger.size);
    const words = await place.succeed('log', '--type', 'IsolationAttested', '--tenant', 'acme');
    expect(words).toContain(
      `acme <-> globex: proven, 2 findings, 0 gaps, by ${here.answer.command.join(' ')}`,
    );
    await place.endWith(7, 'verify', '--attest', '--at', '2020-01-01T00:00:00Z');
  });

  it('changes no answer, and is nothing that an overlay is driven to', async () => {
    using place = new Workplace();
    await underWay(place);
    await place.succeed('sync');
    const [verdict, connections] = [
      await asked(place, '--known-at', 'seq:29'),
      await place.connections('applied'),
    ];
    await asked(place, '--attest');
    expect((await asked(place, '--known-at', 'seq:29')).answer).toEqual(verdict.answer);
    expect(await place.connections('applied')).toEqual(connections);
    await place.succeed('plan', join(place.folder, 'documents'), '--detailed-exitcode');
  });

  it('refuses what cannot be asked again, and words for an entry where none is to be recorded', async () => {
    using place = new Workplace();
    await underWay(place);
    const refused = async (...words: string[]): Promise<string> => {
      const { code, err } = await place.run('verify', ...words);
      expect(code).toBe(2);
      return err;
    };
    expect(await refused('--attest', '--at', '2999-01-01T00:00:00Z')).toContain(
      'up to which the ledger tells',
    );
    expect(await refused('--as', 'ada')).toContain('--as goes with --attest');
    expect(await refused('--reason', 'why')).toContain('--reason goes with --attest');
    expect(await refused('--accept-clock', '2026-03-01')).toContain('--accept-clock goes with --attest');
    expect(await lastAttestation(place)).toBeUndefined();
    using none = new Workplace();
    await none.endWith(5, 'verify', '--attest');
  });
});
