import {
  appliedConnections,
  connectionRows,
  intendedConnections,
  type ConnectionRow,
} from '../../projections/isolation/judging/connections.ts';
import type { Gap } from '../../projections/isolation/hosts/gap.ts';
import { gapsOf, type Lane } from '../../projections/isolation/judging/lanes.ts';
import type { Wanted } from '../../projections/isolation/judging/contacts.ts';
import type { LedgerReader } from '../ledger/port.ts';
import { endFilter, filterByName, type EndFilter } from './ends.ts';
import { connectedAt } from './history/connected-at.ts';
import { fromHistory, type KeptHistory } from './history/kept-history.ts';
import type { Instant } from '../ledger/instants.ts';
import { foldAt, type AskersClock, type Moment } from './fold.ts';

export interface ConnectionsQuestion {
  readonly at: Instant;
  readonly lane: Lane;
  /** A tenant, `tenant/segment` or external: only connections from there. */
  readonly from?: string | undefined;
  /** Likewise: only connections to there. */
  readonly to?: string | undefined;
  readonly clock: AskersClock;
  /** What is kept of answers of `verify`, from which this one is taken where it can; then no batch is read. */
  readonly history?: KeptHistory | undefined;
}

/** The answer of the `connections` command, as its JSON has it. */
export interface Connections {
  readonly formatVersion: 1;
  readonly at: Moment;
  readonly lane: Lane;
  readonly connections: readonly ConnectionRow[];
  /** What is not known of the instant: with a gap the connections may be others. */
  readonly gaps: readonly Gap[];
}

/** Every flow that is allowed at an instant. Throws NoSuchInstant, UnknownEnd, and the errors of reading a ledger. */
export async function connections(ledger: LedgerReader, question: ConnectionsQuestion): Promise<Connections> {
  const { at, lane, clock, history } = question;
  const kept = history && (await byHistory(ledger, { ...question, history }));
  if (kept !== undefined) return kept;
  const folded = await foldAt(ledger, at, clock, { lane });
  const { state, moment, known } = folded;
  const isFrom = await endFilter(question.from, ledger, folded);
  const isTo = await endFilter(question.to, ledger, folded);
  const rows =
    lane === 'intended' ? intendedConnections(state, moment.time) : appliedConnections(state, moment.time);
  const wanted = wantedOf(isFrom, isTo);
  return {
    formatVersion: 1,
    at: moment,
    lane,
    connections: rows.filter(wanted.pair),
    gaps: gapsOf(lane, { state, instant: moment.time, wanted }, known),
  };
}

function wantedOf(isFrom: EndFilter, isTo: EndFilter): Wanted {
  return {
    end: (end) => isFrom(end) || isTo(end),
    pair: (pair) => isFrom(pair.from) && isTo(pair.to),
  };
}

async function byHistory(
  ledger: LedgerReader,
  { at, lane, from, to, clock, history }: ConnectionsQuestion & { readonly history: KeptHistory },
): Promise<Connections | undefined> {
  const names = [from, to];
  const asked = { lane, clock, history, names, from: at, to: at };
  const kept = await fromHistory(ledger, asked, (index, interval) => {
    const wanted = wantedOf(filterByName(from), filterByName(to));
    return connectedAt(index, { lane, wanted, interval, known: interval.known }, names);
  });
  if (kept === undefined) return undefined;
  const { pairs, gaps } = kept.answer;
  return { formatVersion: 1, at: kept.interval.to, lane, connections: connectionRows(pairs), gaps };
}
