import type { Flow } from './flow.ts';
import { learnedAction, learnedCookie, replyMark, replyMatch } from './learned.ts';
import { hex, matchOf } from './spelling.ts';
import { asItself, bothStages, flowOfConnection, zoneRegisters, type Stage } from './stage.ts';
import { backTo, goTo, stages, tables } from './tables.ts';

/** SCTP by its number, above the port in reg10. */
const protocol = hex(132 * 0x1_0000);

const families = [
  { packets: 'sctp', ethernet: '0x800', address: 'NXM_OF_IP' },
  { packets: 'sctp6', ethernet: '0x86dd', address: 'NXM_NX_IPV6' },
] as const;

/**
 * Associations of SCTP, of which connection tracking in user space knows no ports. A packet that may open one leaves a flow
 * behind (`learned`), by which those of exactly its tuple in the other direction count as replies.
 */
export function associationFlows(): Flow[] {
  return [...bothStages.flatMap((stage) => [...lookingUp(stage), ...directing(stage)]), secondChance];
}

/**
 * What a port's packets leave behind that open associations and may: a flow for replies, in the port's zone. Each port may have so
 * many, and takes none away from others.
 */
export function learningFlows(zone: number): Flow[] {
  const [cookie, value] = [learnedCookie(zone), hex(zone)];
  return learnings.map(({ packets, upTo, behind }) => ({
    table: tables.commit,
    priority: 100,
    match: `${packets},reg11=${value}`,
    actions: `${upTo}${cookie}${behind}`,
  }));
}

/** An association is forgotten once nothing came back for so long. Its ends send a heartbeat every 30 seconds. */
const idleSeconds = 300;

/** So many associations are known at once of those that came through one port. */
const associationsMax = 4096;

/** The action of each family up to the cookie of a zone, and behind it: a host may have thousands of ports. */
const learnings = families.map(({ packets, ethernet, address }) => {
  const fields = [
    ...['', `limit=${String(associationsMax)}`],
    ...[`eth_type=${ethernet}`, 'nw_proto=132', 'NXM_NX_REG11[0..15]'],
    ...[`${address}_SRC[]=${address}_DST[]`, `${address}_DST[]=${address}_SRC[]`],
    ...['OXM_OF_SCTP_SRC[]=OXM_OF_SCTP_DST[]', 'OXM_OF_SCTP_DST[]=OXM_OF_SCTP_SRC[]'],
    learnedAction,
  ];
  return {
    packets,
    upTo: `learn(table=${String(tables.learned)},idle_timeout=${String(idleSeconds)},cookie=`,
    behind: `${fields.join(',')}),${goTo(tables.next)}`,
  };
});

/** A later fragment has no ports. It opens nothing, and is sent to port 0, which only grants of all ports cover. */
function lookingUp(stage: Stage): Flow[] {
  const at = `reg3=${stages[stage]}`;
  const later = `${asItself},${flowOfConnection(stage, false)},set_field:${protocol}->reg10,set_field:0->reg11`;
  const lookUp = `${asItself},move:${zoneRegisters[stage]}[]->NXM_NX_REG11[],${backTo(tables.learned)}`;
  return [
    ...families.map(({ packets }) => ({
      table: tables.track,
      priority: 100,
      match: `${packets},${at}`,
      actions: `${lookUp},${goTo(tables.association)}`,
    })),
    {
      table: tables.track,
      priority: 110,
      match: `sctp,${at},nw_frag=later`,
      actions: `${later},${goTo(tables.rules)}`,
    },
  ];
}

/** The port of an association is that of who was called, in whichever direction a packet goes. */
function directing(stage: Stage): Flow[] {
  return families.flatMap(({ packets }) =>
    [false, true].map((isReply) => {
      const port = `set_field:${protocol}->reg10,move:OXM_OF_SCTP_${isReply ? 'SRC' : 'DST'}[]->NXM_NX_REG10[0..15]`;
      return {
        table: tables.association,
        priority: isReply ? 110 : 100,
        match: matchOf(packets, `reg3=${stages[stage]}`, isReply ? replyMatch : ''),
        actions: `${flowOfConnection(stage, isReply)},${port},${backTo(tables.rules)}`,
      };
    }),
  );
}

/**
 * Both ends of an association may use one port, and each may have opened it. What is granted in neither direction is dropped: a
 * reply that no grant covers any more is judged as what it is without that.
 */
const secondChance: Flow = {
  table: tables.dropped,
  priority: 200,
  match: replyMatch,
  actions: `set_field:0/${replyMark}->reg11,${goTo(tables.association)}`,
};
