import { join } from 'node:path';
import { canonicalBytes } from '../../events/codec/canonical.ts';
import type { EventDraft } from '../../events/draft.ts';
import type { Ledger } from '../../src/ledger/port.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite/ledger.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { randomIds } from '../../src/runtime/ids.ts';
import { medians, perSecond } from './harness/measure.ts';
import { rowOf, type Row } from './harness/row.ts';
import { inTemporaryFolder } from './harness/temporary-folder.ts';
import { peerContender, peerName } from './ledger/peer.ts';
import { RawStore } from './ledger/raw-store.ts';
import { contentsOf, onboarding, reason, recorder } from './ledger/work.ts';

/** How long flushing the disk takes drifts within seconds where others use it too: turns are short, and many. */
const turn = 100;
const shortTurns = { rounds: 40, warmUps: 6 };
const appenders = 64;
const appendsEach = 12;
/**
 * A commit into a write-ahead log that still grows takes 1.6 to 4 times as long as one into a log that is written over
 * again, and a store that writes fewer pages a commit stays in that phase for longer. So each store is first filled with
 * enough for its log to have been tidied up several times (SQLite does so every 1,000 pages).
 */
const fill = 20_000;
const batchEntries = 1000;
const batches = 10;
/** How many entries the ledger holds at the first look at its growth; twice as many at the next one, and again. */
const growthSizes = [25_000, 50_000, 100_000];

const unit = 'entries/s';

/**
 * The embedded ledger beside what it cannot do without, and beside a peer: appends one by one, many at once, in
 * batches, and as the ledger grows. Every append is durable when its time is taken.
 */
export async function ledgerBench(): Promise<readonly Row[]> {
  return inTemporaryFolder(async (folder) => [
    ...(await oneByOne(folder)),
    ...(await besideThePeer(folder)),
    ...(await manyAtOnce(folder)),
    ...(await inBatches(folder)),
    ...(await growing(folder)),
  ]);
}

async function oneByOne(folder: string): Promise<readonly Row[]> {
  const events = onboarding(turn);
  const bytes = contentsOf(events).map(canonicalBytes);
  const ledger = newLedger(join(folder, 'singles.db'));
  using raw = new RawStore(join(folder, 'raw-singles.db'));
  await appendBatches(ledger, onboarding(fill));
  for (const batch of inParts(contentsOf(onboarding(fill)))) raw.insertBatch(batch);
  const ours = (): Promise<number> => perSecond(events.length, () => appendEach(ledger, events));
  const rawOneByOne = (): Promise<number> =>
    perSecond(bytes.length, () => {
      raw.insertOneByOne(bytes);
    });
  const figures = await medians({ ours, raw: rawOneByOne }, shortTurns);
  await ledger.close();
  return [
    rowOf({
      case: 'appends, one by one',
      value: figures.of('ours'),
      unit,
      floor: { is: 'raw node:sqlite, same bytes, one transaction each', value: figures.of('raw') },
      target: { of: 'ratio', atLeast: 0.8 },
    }),
  ];
}

async function manyAtOnce(folder: string): Promise<readonly Row[]> {
  const [events, many] = [onboarding(turn), onboarding(appenders * appendsEach)];
  const ledger = newLedger(join(folder, 'at-once.db'));
  await appendBatches(ledger, onboarding(fill));
  const figures = await medians(
    {
      alone: () => perSecond(events.length, () => appendEach(ledger, events)),
      atOnce: () => perSecond(many.length, () => appendAtOnce(ledger, many)),
    },
    shortTurns,
  );
  await ledger.close();
  return [
    rowOf({
      case: `appends of ${appenders} appenders at once`,
      value: figures.of('atOnce'),
      unit,
      floor: { is: 'own appends, one by one', value: figures.of('alone') },
      target: { of: 'ratio', atLeast: 10 },
    }),
  ];
}

/** Both begin with a new file each time. */
async function besideThePeer(folder: string): Promise<readonly Row[]> {
  const events = onboarding(300);
  let runs = 0;
  const ours = async (): Promise<number> => {
    const ledger = newLedger(join(folder, `beside-the-peer-${(runs += 1)}.db`));
    const figure = await perSecond(events.length, () => appendEach(ledger, events));
    await ledger.close();
    return figure;
  };
  const figures = await medians({ ours, ...peerContender(folder, { count: events.length, batch: 1 }) });
  const floor = { is: peerName, value: figures.ifAny('peer') };
  return [rowOf({ case: 'appends, one by one, new file', value: figures.of('ours'), unit, floor })];
}

async function inBatches(folder: string): Promise<readonly Row[]> {
  const events = onboarding(batchEntries * batches);
  const contents = contentsOf(events);
  const ledger = newLedger(join(folder, 'batches.db'));
  using raw = new RawStore(join(folder, 'raw-batches.db'));
  const figures = await medians({
    ours: () => perSecond(events.length, () => appendBatches(ledger, events)),
    raw: () =>
      perSecond(contents.length, () => {
        for (const batch of inParts(contents)) raw.insertBatch(batch);
      }),
    ...peerContender(folder, { count: events.length, batch: batchEntries }),
  });
  await ledger.close();
  const row = { case: `batches of ${batchEntries}`, value: figures.of('ours'), unit };
  return [
    rowOf({
      ...row,
      floor: { is: 'raw node:sqlite, canonicalised and hashed, same batches', value: figures.of('raw') },
      target: { of: 'ratio', atLeast: 0.4 },
    }),
    rowOf({ ...row, floor: { is: peerName, value: figures.ifAny('peer') } }),
  ];
}

/** Appends one by one to ledgers that hold more and more; the floor is the first, smallest one's figure. */
async function growing(folder: string): Promise<readonly Row[]> {
  const events = onboarding(turn);
  const ledgers = growthSizes.map((size) => ({ size, ledger: newLedger(join(folder, `${size}.db`)) }));
  for (const { size, ledger } of ledgers) await appendBatches(ledger, onboarding(size));
  const figures = await medians(
    Object.fromEntries(
      ledgers.map(({ size, ledger }) => [
        size,
        () => perSecond(events.length, () => appendEach(ledger, events)),
      ]),
    ),
    shortTurns,
  );
  for (const { ledger } of ledgers) await ledger.close();
  const [smallest = 0] = growthSizes;
  return growthSizes.slice(1).map((size) =>
    rowOf({
      case: `appends, one by one, onto ${size} entries`,
      value: figures.of(String(size)),
      unit,
      floor: { is: `onto ${smallest} entries`, value: figures.of(String(smallest)) },
    }),
  );
}

function newLedger(path: string): Ledger {
  return openSqliteLedger({ path, create: true, clock: systemClock, ids: randomIds });
}

async function appendEach(ledger: Ledger, events: readonly EventDraft[]): Promise<void> {
  for (const event of events) await ledger.append({ events: [event], actor: recorder, reason });
}

/** Each appender takes the next event when its append has returned. */
async function appendAtOnce(ledger: Ledger, events: readonly EventDraft[]): Promise<void> {
  const share = Math.ceil(events.length / appenders);
  await Promise.all(
    Array.from({ length: appenders }, (_, number) =>
      appendEach(ledger, events.slice(number * share, (number + 1) * share)),
    ),
  );
}

async function appendBatches(ledger: Ledger, events: readonly EventDraft[]): Promise<void> {
  for (const batch of inParts(events)) await ledger.append({ events: batch, actor: recorder, reason });
}

function inParts<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / batchEntries) }, (_, part) =>
    items.slice(part * batchEntries, (part + 1) * batchEntries),
  );
}
