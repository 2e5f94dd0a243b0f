import { readEnvelope } from '../../events/codec/decode.ts';
import { clockAhead, type ClockAhead } from '../ledger/clocks.ts';
import type { LedgerReader } from '../ledger/port.ts';
import type { Workspace } from './workspace.ts';

/** See clockAhead. Reads the last entry only. Throws what reading a ledger throws. */
export async function clockAheadOf({
  ledger,
  clock,
}: Pick<Workspace, 'ledger' | 'clock'>): Promise<ClockAhead | undefined> {
  return clockAhead({ recordedAt: await lastRecordedAt(ledger), now: clock.now() });
}

/** The time of the last entry; undefined for a ledger without any. Throws what reading a ledger throws. */
export async function lastRecordedAt(ledger: LedgerReader): Promise<string | undefined> {
  const { size } = await ledger.head();
  let recordedAt: string | undefined;
  for await (const stored of ledger.read({ after: size - 2, to: size - 1 })) {
    ({ recordedAt } = readEnvelope(stored));
  }
  return recordedAt;
}
