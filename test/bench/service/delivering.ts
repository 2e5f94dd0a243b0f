import { mkdirSync, readFileSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { forwarderTo } from '../../../src/compose/sinks.ts';
import type { Ledger } from '../../../src/ledger/port.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import type { ServeRole } from '../../../src/serve/role.ts';
import { forwarderRole } from '../../../src/siem/sinks/forwarder.ts';
import type { SinkSettings } from '../../../src/siem/sinks/settings.ts';
import { medians, percentile, perSecond } from '../harness/measure.ts';
import { memoryNow } from '../harness/memory.ts';
import { rowOf, type Row } from '../harness/row.ts';
import { HttpTaker } from './http-taker.ts';
import { delaysOf, RunningRole } from './running-role.ts';
import { appender, writtenLedger } from './written-ledger.ts';

const backlog = 100_000;
const appends = 150;
const rounds = { rounds: 3, warmUps: 0 };
/** How many lines a delivery has, and so a write of the floor. */
const linesInPiece = 1_000;

/** A kind of sink that entries are delivered to. */
interface Receiver {
  readonly what: string;
  readonly settings: SinkSettings;
  /** It begins with nothing. */
  readonly empty: () => Promise<void>;
  /** What it is beside: giving it once more what was delivered last, from memory. */
  readonly floorIs: string;
  readonly again: () => () => Promise<unknown>;
}

/** Delivering to a file and to an address, from a ledger in a file. */
export async function deliveringRows(folder: string): Promise<readonly Row[]> {
  const quiet = join(folder, 'quiet.db');
  await (await writtenLedger(quiet, 1_000)).close();
  const ledger = await writtenLedger(join(folder, 'delivered.db'), backlog);
  await using taker = await HttpTaker.start();
  const rows: Row[] = [];
  for (const receiver of [fileReceiver(join(folder, 'events')), addressReceiver(taker)]) {
    rows.push(...(await delayRows(receiver, quiet)));
    rows.push(...(await backlogRows(receiver, ledger, folder)));
  }
  await ledger.close();
  return rows;
}

function fileReceiver(folder: string): Receiver {
  mkdirSync(folder);
  const path = join(folder, 'events.ndjson');
  const whole = { path, rotateBytes: 2 ** 40 };
  return {
    what: 'a file',
    settings: { kind: 'file', name: 'file', format: 'cloudevents', ...whole },
    empty: () => rm(path, { force: true }),
    floorIs: `the same lines to a file, ${linesInPiece.toLocaleString('en')} each to the disk`,
    again: () => {
      const pieces = piecesOf(readFileSync(path));
      return () => written(`${path}.again`, pieces);
    },
  };
}

function addressReceiver(taker: HttpTaker): Receiver {
  const { url } = taker;
  return {
    what: 'an address',
    settings: { ...{ kind: 'webhook', name: 'hook', format: 'cloudevents' }, url, timeoutSeconds: 30 },
    empty: () => {
      taker.forget();
      return Promise.resolve();
    },
    floorIs: 'posting the same bodies, one after the other',
    again: () => {
      const { bodies } = taker;
      return () => taker.post(bodies);
    },
  };
}

/** The bytes of some lines each. */
function piecesOf(bytes: Uint8Array): readonly Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let begin = 0;
  let lines = 0;
  for (let end = bytes.indexOf(10) + 1; end > 0; end = bytes.indexOf(10, end) + 1) {
    lines += 1;
    if (lines % linesInPiece > 0 && end < bytes.length) continue;
    pieces.push(bytes.subarray(begin, end));
    begin = end;
  }
  return pieces;
}

async function written(path: string, pieces: readonly Uint8Array[]): Promise<void> {
  await rm(path, { force: true });
  await using file = await open(path, 'a');
  for (const piece of pieces) {
    await file.appendFile(piece);
    await file.datasync();
  }
}

async function delayRows({ what, settings, empty }: Receiver, path: string): Promise<readonly Row[]> {
  const { append, ledger } = appender(path, appends + 1);
  await using role = new RunningRole(roleFor(settings, ledger, `${path}.${settings.kind}`));
  const delays = await delaysOf(role, { times: appends, append });
  await empty();
  return [
    rowOf({
      case: `an entry until ${what} has it: p50`,
      ...{ value: percentile(delays, 0.5), unit: 'ms', target: { of: 'value', atMost: 50 } },
    }),
    rowOf({ case: `an entry until ${what} has it: p99`, value: percentile(delays, 0.99), unit: 'ms' }),
  ];
}

async function backlogRows(receiver: Receiver, ledger: Ledger, folder: string): Promise<readonly Row[]> {
  const { what, floorIs, empty, settings } = receiver;
  let runs = 0;
  const deliver = async (): Promise<number> => {
    await empty();
    const state = join(folder, `${settings.kind}-${String((runs += 1))}`);
    await using role = new RunningRole(roleFor(settings, ledger, state));
    return await perSecond(backlog, () => role.done(backlog - 1));
  };
  await deliver();
  const before = memoryNow();
  await deliver();
  const after = memoryNow();
  const again = receiver.again();
  const figures = await medians({ ours: deliver, floor: () => perSecond(backlog, again) }, rounds);
  const of = `a backlog of ${backlog.toLocaleString('en')} entries to ${what}`;
  return [
    rowOf({
      case: of,
      ...{ value: figures.of('ours'), unit: 'entries/s', floor: { is: floorIs, value: figures.of('floor') } },
    }),
    ...(['heap', 'rss'] as const).map((figure) =>
      rowOf({
        case: `${of}: ${figure === 'heap' ? 'objects in memory' : 'resident memory'} after it`,
        ...{
          value: after[figure],
          unit: 'MiB',
          floor: { is: 'after the first time', value: before[figure] },
        },
        target: { of: 'ratio', atMost: 1.1 },
      }),
    ),
  ];
}

/** What the service runs for a sink; how far it is, is kept in a folder of its own. */
function roleFor(settings: SinkSettings, ledger: Ledger, folder: string): ServeRole {
  const statePath = join(folder, 'state');
  const place = { clock: systemClock, statePath, confirmed: [], requireOwnFolder: () => undefined };
  return forwarderRole(forwarderTo(settings, { ledger, ...place }));
}
