import type { DomainEvent, EventData } from '../../events/catalogue.ts';
import { packetWords } from './traffic-words.ts';

/** A violation of isolation that began or ended, in short. */
export function violationWords(
  event: Extract<DomainEvent, { type: 'IsolationViolated' | 'IsolationRestored' }>,
): string {
  return event.type === 'IsolationViolated' ? violatedWords(event.data) : restoredWords(event.data);
}

function violatedWords({
  kind,
  from,
  to,
  former,
  witness,
  openedBy,
}: EventData<'IsolationViolated'>): string {
  const passing = former === null ? '' : `, as ${former.from} -> ${former.to}`;
  return `${kind}: ${from} -> ${to}${passing}, such as ${packetWords(witness)}, since ${causeWords(openedBy)}`;
}

function restoredWords({ kind, from, to, violation, closedBy }: EventData<'IsolationRestored'>): string {
  const ended =
    closedBy === null ? 'judged anew, it is no violation' : `it is over by ${causeWords(closedBy)}`;
  return `${kind}: ${from} -> ${to}, of seq ${String(violation)}: ${ended}`;
}

function causeWords({ seq, type, time }: EventData<'IsolationViolated'>['openedBy']): string {
  return seq === null ? `${time}, when a time ran out` : `${type} of seq ${String(seq)}`;
}
