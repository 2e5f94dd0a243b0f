import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readEnvelope } from '../../events/codec/decode.ts';
import type { StoredEntry } from '../../events/entry.ts';
import type { CopyTarget } from '../../src/ledger/port.ts';
import { sealBatch } from '../../src/ledger/seal.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite/ledger.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { randomIds } from '../../src/runtime/ids.ts';
import { streamEntries, type StreamEntry } from '../../src/siem/event-stream.ts';
import { placed, tester } from '../doubles/facts.ts';
import { Workplace } from '../support/command-line.ts';
import { town } from '../support/documents.ts';

const cloudEvent = z.looseObject({
  specversion: z.literal('1.0'),
  id: z.string(),
  type: z.string(),
  sequence: z.string(),
  subject: z.string(),
  data: z.looseObject({ wouldHaveBeen: z.string().optional() }),
});

function openAt(path: string): CopyTarget {
  return openSqliteLedger({ path, create: true, clock: systemClock, ids: randomIds });
}

/** Appends the first entries of a batch of three, as a writer leaves them that breaks off between two writes. */
async function breakOff(ledger: CopyTarget, { after }: { after: number }): Promise<void> {
  const events = ['x', 'y', 'z'].map((name) => placed(name));
  const sealed = sealBatch(
    { events, actor: tester },
    { first: after, recordedAt: systemClock.now(), ids: randomIds },
  );
  const entries = sealed.slice(0, 2).map(({ bytes }, at): StoredEntry => ({ seq: after + at, bytes }));
  const withEnvelopes = entries.map((entry) => ({ ...entry, envelope: readEnvelope(entry) }));
  await ledger.takeOver([{ entries: withEnvelopes, isVoid: true }]);
}

/** Entries 0 to 2 are one batch, 3 and 4 void, 5 another batch, 6 and 7 not finished. */
async function givenLedger(place: Workplace): Promise<void> {
  const ledger = openAt(place.ledgerPath);
  await ledger.append({ events: ['a', 'b', 'c'].map((name) => placed(name)), actor: tester });
  await breakOff(ledger, { after: 3 });
  await ledger.append({ events: [placed('d')], actor: tester });
  await breakOff(ledger, { after: 6 });
  await ledger.close();
}

function eventsIn(out: string): z.infer<typeof cloudEvent>[] {
  return out
    .split('\n')
    .filter(Boolean)
    .map((line) => cloudEvent.parse(JSON.parse(line)));
}

describe('the event stream as CloudEvents', () => {
  it('gives what has no effect as void, and holds back what is not finished', async () => {
    using place = new Workplace();
    await givenLedger(place);
    const { code, out, err } = await place.run('tail', '--format', 'cloudevents');
    const events = eventsIn(out);
    expect(code).toBe(0);
    expect(events.map(({ sequence, type }) => `${String(Number(sequence))} ${type}`)).toEqual([
      '0 isoledger.tenant-placed.v1',
      '1 isoledger.tenant-placed.v1',
      '2 isoledger.tenant-placed.v1',
      '3 isoledger.void.v1',
      '4 isoledger.void.v1',
      '5 isoledger.tenant-placed.v1',
    ]);
    expect(events[3]?.data).toMatchObject({ batch: { index: 0, count: 3 }, wouldHaveBeen: 'TenantPlaced' });
    expect(err).toMatch(/^2 entries from 6 on held back: the batch is not finished/);
    expect((await place.succeed('tail')).trimEnd().split('\n')).toHaveLength(8);
  });

  it('taken up behind any entry, leaves none out and gives none twice', async () => {
    using place = new Workplace();
    await givenLedger(place);
    const all = eventsIn(await place.succeed('tail', '--format', 'cloudevents'));
    for (let after = -1; after <= 5; after += 1) {
      const rest = await place.succeed('tail', '--format', 'cloudevents', '--after', String(after));
      expect(eventsIn(rest)).toEqual(all.slice(after + 1));
    }
  });

  it('gives only the kinds and the tenant or external that are asked for; stored entries are never left out', async () => {
    using place = new Workplace();
    const folder = join(place.folder, 'estate');
    mkdirSync(folder);
    writeFileSync(join(folder, 'all.yaml'), town);
    await place.succeed('apply', folder);
    await place.succeed('quarantine', 'partner', '--no-wait');
    const asked = async (...argv: string[]): Promise<string[]> => {
      const events = eventsIn(await place.succeed('tail', '--format', 'cloudevents', ...argv));
      return events.map(({ type, subject }) => `${type} ${subject}`);
    };
    const all = await asked();
    const of = (pattern: RegExp): string[] => all.filter((line) => pattern.test(line));
    expect(await asked('--type', 'TenantRegistered', 'VniAllocated')).toEqual(
      of(/tenant-registered|vni-allocated/),
    );
    expect(await asked('--tenant', 'acme')).toEqual(of(/ tenant\/acme$/));
    expect(await asked('--tenant', 'partner')).toEqual(of(/ external\/partner$/));
    expect(of(/ external\/partner$/)).toHaveLength(2);
    expect(await asked('--tenant', 'acme', '--type', 'TenantRegistered')).toEqual([
      'isoledger.tenant-registered.v1 tenant/acme',
    ]);
    for (const filter of [
      ['--type', 'TenantRegistered'],
      ['--tenant', 'acme'],
    ]) {
      const { code, out, err } = await place.run('tail', ...filter);
      expect([code, out]).toEqual([2, '']);
      expect(err).toMatch(
        /go with any other --format, such as cloudevents: line K of the stored entries is entry SEQ\+K/,
      );
    }
    const unknown = await place.run('tail', '--format', 'cloudevents', '--type', 'tenantRegistered');
    expect([unknown.code, unknown.err]).toEqual([
      2,
      expect.stringContaining('did you mean TenantRegistered?'),
    ]);
    for (const command of [
      ['log'],
      ['tail', '--format', 'cloudevents'],
      ['tail', '--format', 'cloudevents', '--follow'],
    ])
      expect(await place.run(...command, '--tenant', 'acmee')).toEqual({
        ...{ code: 2, out: '' },
        err: 'isoledger: the ledger knows no tenant or external acmee; did you mean acme?\n',
      });
  });

  it('comes in any format, a line an entry, each with its seq', async () => {
    using place = new Workplace();
    await givenLedger(place);
    for (const [format, seq] of [
      ['ocsf', '"sequence":4,'],
      ['ecs', '"sequence":4,'],
      ['cef', ' cn1=4 '],
      ['syslog', ' seq="4" '],
    ] as const) {
      const lines = (await place.succeed('tail', '--format', format)).trimEnd().split('\n');
      expect(lines).toHaveLength(6);
      expect(lines[4]).toContain(seq);
    }
    const older = await place.succeed('tail', '--format', 'ocsf', '--ocsf-version', '1.5.0', '--after', '4');
    expect(older).toContain('"version":"1.5.0"');
    const unmeant = await place.run('tail', '--format', 'cef', '--ocsf-version', '1.5.0');
    expect([unmeant.code, unmeant.err]).toEqual([2, expect.stringContaining('goes with --format ocsf')]);
  });

  it('names the entry before each, whichever entry a reader begins behind', async () => {
    using place = new Workplace();
    await givenLedger(place);
    const ledger = openAt(place.ledgerPath);
    const readFrom = async (after: number): Promise<StreamEntry[]> => {
      const read: StreamEntry[] = [];
      for await (const entry of streamEntries(ledger, { after })) read.push(entry);
      return read;
    };
    const all = await readFrom(-1);
    expect(all.map(({ previous }) => previous)).toEqual([
      undefined,
      ...all.slice(0, -1).map(({ envelope }) => envelope.id),
    ]);
    for (let after = 0; after <= 5; after += 1) expect(await readFrom(after)).toEqual(all.slice(after + 1));
    await ledger.close();
  });

  it('followed, goes on with a batch once it is complete, or void', async () => {
    using place = new Workplace();
    await givenLedger(place);
    const ledger = openAt(place.ledgerPath);
    const stop = new AbortController();
    const seen: string[] = [];
    for await (const { seq, isVoid } of streamEntries(ledger, { after: 4, follow: stop.signal })) {
      seen.push(`${String(seq)}${isVoid ? ' void' : ''}`);
      if (seq === 5) await ledger.append({ events: [placed('e')], actor: tester });
      if (seq === 8) stop.abort();
    }
    await ledger.close();
    expect(seen).toEqual(['5', '6 void', '7 void', '8']);
  });
});
