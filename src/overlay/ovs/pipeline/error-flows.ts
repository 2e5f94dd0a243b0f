import type { Flow } from './flow.ts';
import { byMark, families, flowOfConnection, type Family } from './stage.ts';
import { backTo, goTo, isAsked, isBelieved, stages, tables } from './tables.ts';

/**
 * ICMP errors at their receiver. What an error quotes names the connection that it belongs to, and an external may quote, from its
 * own address, what others said. So the far end of that connection is asked about as the source of a packet is: it takes the
 * source's place, goes by the tables that senders go by, and the source is put back.
 */
export function errorFlows(): Flow[] {
  return [
    ...families.flatMap((family) => [asking(family), ofNobody(family)]),
    {
      table: tables.track,
      priority: 300,
      match: `reg2=${isAsked}/${isAsked}`,
      actions: `set_field:${isBelieved}/${isBelieved}->reg2`,
    },
    ...[false, true].map(believed),
    { table: tables.quoted, priority: 0, match: '', actions: 'drop' },
  ];
}

function asking({ name, source, label }: Family): Flow {
  const actions = [
    `push:${source}`,
    `move:${label}->${source}`,
    `set_field:${isAsked}/${isAsked}->reg2`,
    backTo(tables.external),
    `pop:${source}`,
    `set_field:0/${isAsked}->reg2`,
    goTo(tables.quoted),
  ];
  return {
    table: tables.direction,
    priority: 160,
    match: `ct_state=+rel+trk,${name},reg3=${stages.receiving}`,
    actions: actions.join(','),
  };
}

/** A connection that an earlier version committed has no label. Nobody knows whose it is, also who may send from all addresses. */
function ofNobody({ name, sourceIsNone }: Family): Flow {
  return {
    table: tables.sender,
    priority: 500,
    match: `${name},reg2=${isAsked}/${isAsked},${sourceIsNone}`,
    actions: backTo(tables.dropped),
  };
}

/** Judged as a packet of its connection. */
function believed(isReply: boolean): Flow {
  return {
    table: tables.quoted,
    priority: 100,
    match: `ct_state=${isReply ? '+' : '-'}rpl+trk,reg2=${isBelieved}/${isBelieved}`,
    actions: `${flowOfConnection('receiving', isReply)},${byMark},${backTo(tables.rules)}`,
  };
}
