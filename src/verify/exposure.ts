import type { DomainEvent } from '../../events/catalogue.ts';
import { draftOf } from '../../events/draft.ts';
import type { Entry } from '../../events/entry.ts';
import { allPairs } from '../../projections/isolation/judging/contacts.ts';
import { excessAt, type Excess } from '../../projections/isolation/judging/excess.ts';
import type { LedgerReader } from '../ledger/port.ts';
import type { WallClock } from '../runtime/clock.ts';
import { foldAt } from './fold.ts';
import { trafficRows, type TrafficRow } from './traffic-rows.ts';

/** One line of what hosts would let through beyond what is authorised now. */
export interface ExposedRow extends TrafficRow, Pick<Excess, 'kind' | 'from' | 'to' | 'former'> {
  /** `rules` where no rules of now allow it; `addresses` where they do, but not from or to all addresses that could use it. */
  readonly because: 'rules' | 'addresses';
}

/**
 * The connections with one of some hosts at either end that would go beyond what is authorised now, if events were
 * recorded that nobody has recorded yet. Throws whatever reading a ledger throws.
 */
export async function exposureAfter(
  ledger: LedgerReader,
  { events, hosts, clock }: { events: readonly DomainEvent[]; hosts: readonly string[]; clock: WallClock },
): Promise<ExposedRow[]> {
  const { state, moment } = await foldAt(ledger, { kind: 'now' }, clock);
  const entries = supposed(events, { after: moment.seq, recordedAt: moment.time });
  state.follow({ entries, last: moment.seq + entries.length, recordedAt: moment.time });
  const question = { state, instant: moment.time, wanted: allPairs };
  return excessAt(new Set(hosts), question).flatMap(rowsOf);
}

/** Entries as they might be. Nothing but their events is looked at. */
function supposed(
  events: readonly DomainEvent[],
  { after, recordedAt }: { after: number; recordedAt: string },
): Entry[] {
  const id = '00000000-0000-0000-0000-000000000000';
  return events.map((event, index) => {
    const { subject, schemaVersion } = draftOf(event);
    return {
      ...event,
      ...{ seq: after + 1 + index, v: 1, id, subject, schemaVersion, recordedAt },
      batch: { id, index, count: events.length },
      actor: { name: 'nobody', authenticated: 'asserted' },
    };
  });
}

function rowsOf({ unauthorised, misaddressed, ...found }: Excess): ExposedRow[] {
  return [
    ...trafficRows(unauthorised).map((row) => ({ ...found, ...row, because: 'rules' as const })),
    ...trafficRows(misaddressed).map((row) => ({ ...found, ...row, because: 'addresses' as const })),
  ];
}
