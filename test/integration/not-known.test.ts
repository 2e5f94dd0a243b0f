import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { town } from '../support/documents.ts';
import { draftOf } from '../../events/draft.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite/ledger.ts';
import { randomIds } from '../../src/runtime/ids.ts';
import { ManualClock } from '../doubles/manual-clock.ts';
import { Workplace } from '../support/command-line.ts';
import { hostFileOf } from '../support/host-file.ts';

const talk = `
{ kind: Policy, tenant: globex, egress: [{ destination: acme-api, ports: [443] }] }
---
{ kind: Policy, tenant: acme, ingress: [{ source: globex, expires: "2098-01-01T00:00:00Z" }] }
`;
/** Writes the town with these policies, and gives the folder. */
function written(place: Workplace, policies: string): string {
  const folder = join(place.folder, 'documents');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'documents.yaml'), `${town}\n---\n${policies}`);
  return folder;
}

const flow = ['globex', 'acme-api', 'tcp/443'];
const past = '1999-01-01T00:00:00Z';
const future = '2099-01-01T00:00:00Z';

const gap = z.looseObject({ kind: z.string(), about: z.string(), problem: z.string() });
const answer = z.looseObject({ gaps: z.array(gap) });
const difference = z.looseObject({ gaps: z.strictObject({ from: z.array(gap), to: z.array(gap) }) });

/** The town carried out; then hv-1 was found to hold something else, and put right. */
describe('what is not known of an instant', () => {
  let place: Workplace;
  let acknowledged = '';
  beforeAll(async () => {
    place = new Workplace();
    await place.succeed('apply', written(place, talk));
    await place.succeed('sync');
    acknowledged = `seq:${String((await place.checkpoint()).size - 1)}`;
    const file = hostFileOf(place.ledgerPath, { shard: 'shard-1', host: 'hv-1' });
    writeFileSync(file, readFileSync(file, 'utf8').replace('"ports":[[443,443]]', '"ports":[[22,443]]'));
    await place.succeed('sync');
  });
  afterAll(() => {
    place[Symbol.dispose]();
  });

  /** The exit code, the words, and the kinds of gaps that JSON has. */
  async function asked(...argv: string[]): Promise<{ code: number; out: string; kinds: string[] }> {
    const { code, out } = await place.run(...argv);
    const { gaps } = answer.parse(JSON.parse((await place.run(...argv, '--json')).out));
    return { code, out, kinds: gaps.map(({ kind }) => kind) };
  }

  it.each([
    ['connections', '--lane', 'applied', '--at', future],
    ['connections', '--lane', 'applied', '--at', past],
    ['connections', '--at', past],
    ['explain', ...flow, '--at', future],
  ])('of hosts at a time without entries it is everything: %j', async (...argv) => {
    const { code, out, kinds } = await asked(...argv);
    expect([code, kinds]).toEqual([7, expect.arrayContaining(['ledger'])]);
    expect(out).toMatch(
      /unknown[^]*(is still to come: hosts may hold something else|nothing is known of before)/,
    );
  });

  it.each([
    ['diff', past, 'now', '--lane', 'intended'],
    ['diff', 'now', past, '--detailed-exitcode'],
    ['connections', '--at', past, '--from', 'acme'],
    ['explain', ...flow, '--at', past],
    ['explain', ...flow, '--at', past, '--lane', 'intended'],
    ['verify', '--at', past, '--tenant', 'acme'],
    ['verify', '--from', past, '--to', '1999-01-02T00:00:00Z', '--tenant', 'acme'],
    ['blame', 'acme', '--at', past],
    ['checkpoint', '--at', past],
  ])('nothing is known before the first entry, whatever is asked: %j', async (...argv) => {
    const { code, out, err } = await place.run(...argv);
    expect(code).toBe(7);
    expect(`${out}${err}`).toMatch(
      /nothing is known of before|before the first entry; a (tenant|service|segment)/,
    );
  });

  it('a name that nobody ever had is wrong at any time', async () => {
    const { code } = await place.run('blame', 'nobody-at-all', '--at', past);
    expect(code).toBe(2);
  });

  it.each([['--hold'], ['--dry-run']])('no shard is driven to before the first entry: %j', async (how) => {
    const before = await place.checkpoint();
    const { code, err } = await place.run('rebuild', '--shard', 'shard-1', '--at', past, how);
    expect([code, err]).toEqual([2, expect.stringContaining('nothing is known of before')]);
    expect(await place.checkpoint()).toEqual(before);
  });

  it('explain gives the verdict unknown, and what it rests on', async () => {
    const { out } = await place.run('explain', ...flow, '--at', future, '--json');
    expect(JSON.parse(out)).toMatchObject({ verdict: 'unknown', answers: [{ intended: 'denied' }] });
    expect((await place.run('explain', ...flow, '--at', future)).out).toMatch(
      /tcp\/443: unknown \(lane applied/,
    );
  });

  it('the intended lane says what bounds will do by then, and that others may be set', async () => {
    for (const argv of [
      ['connections', '--at', future],
      ['explain', ...flow, '--lane', 'intended', '--at', future],
      ['blame', 'acme', '--at', future],
    ]) {
      const { code, out, kinds } = await asked(...argv);
      expect([code, kinds]).toEqual([0, ['ledger']]);
      expect(out).toMatch(/is still to come: documents may ask for something else by then/);
    }
    expect((await place.run('connections', '--at', future)).out).toMatch(/as far as is known: 2 connections/);
    expect(await place.succeed('blame', 'acme')).not.toMatch(/gap/);
  });

  it('of a past instant it is what was found later, unless it is asked for as it was known then', async () => {
    for (const [expected, words, ...argv] of [
      [0, 'as far as is known', 'connections', '--lane', 'applied', '--at', acknowledged],
      [7, 'unknown; by what is known so far', 'explain', ...flow, '--at', acknowledged],
    ] as const) {
      const { code, out, kinds } = await asked(...argv);
      expect([code, kinds]).toEqual([expected, ['drift']]);
      expect(out).toMatch(new RegExp(`${words}: [^]*host/hv-1: was found at seq \\d+`));
      const then = await asked(...argv, '--known-at', acknowledged);
      expect([then.code, then.kinds]).toEqual([0, []]);
      expect(then.out).toMatch(/, as known at seq \d+/);
      expect(then.out).not.toMatch(/as far as is known|unknown/);
    }
    const now = await asked('connections', '--lane', 'applied');
    expect([now.code, now.kinds]).toEqual([0, []]);
    const certain = async (...argv: string[]): Promise<unknown> =>
      JSON.parse((await place.run('explain', ...flow, '--json', ...argv)).out);
    expect(await certain()).toMatchObject({ verdict: 'allowed', answers: [{ certain: true }] });
    expect(await certain('--at', acknowledged)).toMatchObject({
      verdict: 'unknown',
      answers: [{ verdict: 'allowed', certain: false }],
    });
  });

  it.each([
    ['--at seq:23', 'connections', '--at', 'seq:23'],
    ['--at seq:23', 'explain', ...flow, '--at', 'seq:23'],
    ['--at seq:23', 'verify', '--at', 'seq:23'],
    ['--from seq:23', 'verify', '--from', 'seq:23'],
    ['--from seq:23', 'verify', '--from', 'seq:23', '--to', 'seq:24'],
    ['--to seq:24', 'verify', '--from', 'seq:2', '--to', 'seq:24'],
    [`--from ${future.replace('Z', '.000Z')}`, 'verify', '--from', future],
    ['<from> seq:23', 'diff', 'seq:23', 'now'],
    ['<to> seq:23', 'diff', 'seq:0', 'seq:23'],
  ])(
    'an instant beyond what was known is refused, and named beside --known-at: %s',
    async (given, ...argv) => {
      const asked = await place.run(...argv);
      // The ledger has those entries; only what was known at an earlier one does not.
      expect(asked.err).not.toMatch(/is beyond/);
      const { code, out, err } = await place.run(...argv, '--known-at', 'seq:2');
      expect([code, out]).toEqual([2, '']);
      expect(err).toMatch(new RegExp(`^isoledger: ${given} is beyond --known-at seq:2: .* ends at seq 22, `));
    },
  );

  it('a difference names what is not known of either instant', async () => {
    const json = async (...argv: string[]): Promise<string[][]> => {
      const { from, to } = difference.parse(
        JSON.parse((await place.run('diff', ...argv, '--json')).out),
      ).gaps;
      return [from, to].map((gaps) => gaps.map(({ kind }) => kind));
    };
    expect(await json(acknowledged, future)).toEqual([['drift'], ['ledger']]);
    expect(await json(acknowledged, 'now', '--lane', 'intended')).toEqual([[], []]);
    const ahead = await place.run('diff', acknowledged, future, '--detailed-exitcode');
    expect([ahead.code, ahead.out]).toEqual([
      7,
      expect.stringMatching(/unknown; by what is known so far: 0[^]*2 gaps/),
    ]);
    expect((await place.run('diff', acknowledged, 'now')).code).toBe(0);
    const intended = await place.run('diff', 'now', future, '--lane', 'intended');
    expect([intended.code, intended.out]).toEqual([
      0,
      expect.stringMatching(/as far as is known: 0 connections gained, 1/),
    ]);
    const then = await place.succeed('diff', acknowledged, 'now', '--known-at', acknowledged);
    expect(then).toMatch(/^0 connections gained, 0 connections lost \(lane applied, as known at seq \d+, /);
  });
});

/** An entry from a machine whose clock is a day ahead. */
async function oneDayAhead(place: Workplace): Promise<void> {
  const clock = new ManualClock(new Date(Date.now() + 86_400_000).toISOString());
  const ledger = openSqliteLedger({ path: place.ledgerPath, create: false, clock, ids: randomIds });
  const event = { type: 'ShardResumed', data: { shard: 'shard-2' } } as const;
  await ledger.append({ events: [draftOf(event)], actor: { name: 'eve', authenticated: 'asserted' } });
  await ledger.close();
}

describe('a ledger that is ahead of the clock', () => {
  it('is told by status and every writer, and leaves it unknown how late a revocation is', async () => {
    using place = new Workplace();
    const first = await place.run('apply', written(place, talk));
    expect([first.code, first.err]).toEqual([0, expect.not.stringMatching(/clock/)]);
    await place.succeed('sync');
    await oneDayAhead(place);
    expect(await place.verify()).toMatchObject({ verdict: 'proven', gaps: [] });
    const told =
      /the last entry is of .*, (23|24) hours ahead of this machine's clock .*set the clock that is wrong/i;
    expect(await place.succeed('status')).toMatch(told);
    const closed = '{ kind: Policy, tenant: globex }\n---\n{ kind: Policy, tenant: acme }';
    expect((await place.run('plan', written(place, closed))).err).toMatch(told);
    expect((await place.run('apply', written(place, closed))).err).toMatch(told);
    const { verdict, findings, gaps } = await place.verify();
    expect([verdict, findings.map(({ kind }) => kind), gaps.map(({ kind }) => kind)]).toEqual([
      'unknown',
      ['pending-revocation'],
      ['clock'],
    ]);
    expect((await place.run('verify')).code).toBe(7);
    for (const argv of [
      ['sync'],
      ['quarantine', 'acme'],
      ['release', 'acme'],
      ['rebuild', '--shard', 'shard-1'],
    ]) {
      const { code, err } = await place.run(...argv);
      expect([code, err]).toEqual([0, expect.stringMatching(told)]);
    }
    expect(await place.verify()).toMatchObject({ verdict: 'proven', gaps: [] });
  });

  it('after a revocation does not make it late, whoever asks', async () => {
    using place = new Workplace();
    await place.succeed('apply', written(place, talk));
    await place.succeed('sync');
    const closed = '{ kind: Policy, tenant: globex }\n---\n{ kind: Policy, tenant: acme }';
    await place.succeed('apply', written(place, closed));
    await oneDayAhead(place);
    const { verdict, findings, gaps } = await place.verify();
    expect([verdict, findings.map(({ kind }) => kind), gaps.map(({ kind }) => kind)]).toEqual([
      'unknown',
      ['pending-revocation'],
      ['clock'],
    ]);
    expect(await place.succeed('status')).toMatch(/pending-revocation[^]*1 gap in what is known/);
    const { out } = await place.run('doctor');
    expect(out).toMatch(/warn +isolation +1 revocation not everywhere yet, and how late cannot be told/);
    expect(out).not.toMatch(/beyond what is authorised/);
  });
});
