import { OverlayUnavailable } from '../../faults.ts';
import { connectInTurn, type OvsdbSettings } from './connect.ts';
import type { OvsdbConnection, RpcNotice } from './connection.ts';
import { RequestRefused, Unintelligible, UnreadableServer } from './fault.ts';
import {
  monitorMethods,
  noTransaction,
  readTold,
  type MonitorMethod,
  type ToldRows,
} from './monitor-methods.ts';
import { MonitoredSwitch, type SwitchChange, type SwitchRows } from './monitored-switch.ts';
import { databaseName } from './tables.ts';

/**
 * What a monitor tells.
 * - `whole`: every row. `first` begins; `resync` says that changes may have been missed: the server could not tell what
 *   happened while the connection was lost, or another one answers.
 * - `changes`: one transaction, and nothing was missed before it.
 * - `lost`: no server is heard any more, and why. Told once; `whole` or `changes` follows when one is.
 */
export type MonitorUpdate =
  | { readonly kind: 'whole'; readonly because: 'first' | 'resync'; readonly rows: SwitchRows }
  | { readonly kind: 'changes'; readonly changes: readonly SwitchChange[] }
  | { readonly kind: 'lost'; readonly fault: OverlayUnavailable };

export interface MonitorSettings extends OvsdbSettings {
  /** Ends the monitor. */
  readonly signal: AbortSignal;
  /** After how much silence a sign of life is asked for, in milliseconds; 5,000 by default. */
  readonly idleMs?: number;
}

const idleMsDefault = 5000;
const pauseMsMin = 100;
const pauseMsMax = 5000;

/** The name of the monitor among those of one connection, of which it is the only one. */
const monitorId = 'isoledger';

/** What outlives a connection. */
interface Memory {
  readonly rows: MonitoredSwitch;
  lastTransaction: string;
  hasBegun: boolean;
}

/**
 * Tells of every change to a switch's tables, over a connection of its own. When that is lost it connects anew, in turn,
 * and resumes from the last transaction where the server can; a pause between tries grows. It goes on until the signal
 * aborts. Throws UnreadableServer for what cannot be read, and RequestRefused: what follows on that would be a guess.
 */
export async function* monitorSwitch(settings: MonitorSettings): AsyncGenerator<MonitorUpdate, void, void> {
  const { clock, signal } = settings;
  const memory: Memory = { rows: new MonitoredSwitch(), lastTransaction: noTransaction, hasBegun: false };
  let isLost = false;
  let pauseMs = pauseMsMin;
  for (let first = 0; !hasEnded(signal); first++) {
    try {
      const { connection, at } = await connectInTurn(settings, first);
      first = at;
      for await (const update of toldOver(connection, settings, memory)) {
        isLost = false;
        pauseMs = pauseMsMin;
        yield update;
      }
    } catch (error) {
      if (hasEnded(signal)) return;
      if (!(error instanceof OverlayUnavailable) || endsMonitor(error)) throw error;
      if (!isLost) yield { kind: 'lost', fault: error };
      isLost = true;
    }
    // A random part keeps those apart that lost a server together.
    await clock.sleep(pauseMs * (0.5 + Math.random()), signal);
    pauseMs = Math.min(2 * pauseMs, pauseMsMax);
  }
}

/** To ask again is of no use. */
function endsMonitor(error: OverlayUnavailable): boolean {
  return error instanceof UnreadableServer || error instanceof RequestRefused;
}

/** Asked again, since it changes while something is waited for. */
function hasEnded(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** What is told over one connection, until that ends with its fault. */
async function* toldOver(
  connection: OvsdbConnection,
  { signal, idleMs = idleMsDefault }: MonitorSettings,
  memory: Memory,
): AsyncGenerator<MonitorUpdate, void, void> {
  const end = (): void => {
    connection[Symbol.dispose]();
  };
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  try {
    const { method, answer } = await begin(connection, memory);
    void connection.watchIdleness(idleMs);
    yield readIn(connection, () => whatBegan(readTold(method.answer, answer), memory));
    for (;;) {
      for (const notice of await connection.notices())
        yield readIn(connection, () => changesIn(notice, connection.endpoint, { method, memory }));
    }
  } finally {
    signal.removeEventListener('abort', end);
    end();
  }
}

/** Begins to monitor in the best way that the server knows. */
async function begin(
  connection: OvsdbConnection,
  { rows, lastTransaction }: Memory,
): Promise<{ method: MonitorMethod; answer: unknown }> {
  let unknown: RequestRefused | undefined;
  for (const method of monitorMethods) {
    const params = [databaseName, monitorId, rows.requests, ...method.params(lastTransaction)];
    try {
      return { method, answer: await connection.request(method.method, params) };
    } catch (error) {
      if (!(error instanceof RequestRefused) || error.refusal.error !== 'unknown method') throw error;
      unknown = error;
    }
  }
  throw unknown ?? new Error('there is no way to monitor');
}

function whatBegan(told: ToldRows & { isResumed: boolean }, memory: Memory): MonitorUpdate {
  const because = memory.hasBegun ? 'resync' : 'first';
  const isResumed = memory.hasBegun && told.isResumed;
  if (!isResumed) memory.rows.clear();
  const changes = memory.rows.take(told.news);
  memory.hasBegun = true;
  memory.lastTransaction = told.lastTransaction;
  return isResumed ? { kind: 'changes', changes } : { kind: 'whole', because, rows: memory.rows.rows() };
}

function changesIn(
  notice: RpcNotice,
  endpoint: string,
  { method, memory }: { method: MonitorMethod; memory: Memory },
): MonitorUpdate {
  // A server ends a monitor whose database is taken away or converted.
  if (notice.method === 'monitor_canceled')
    throw new OverlayUnavailable(`${endpoint} was left: it tells of its database no longer`);
  if (notice.method !== method.notice) throw new Unintelligible('tells something that was not asked for');
  const told = readTold(method.told, notice.params);
  const changes = memory.rows.take(told.news);
  memory.lastTransaction = told.lastTransaction;
  return { kind: 'changes', changes };
}

/** Gives what cannot be read the name of who sent it. */
function readIn<Value>({ endpoint }: OvsdbConnection, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (error instanceof Unintelligible) throw new UnreadableServer(`${endpoint} ${error.message}`, error);
    throw error;
  }
}
