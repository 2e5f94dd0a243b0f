import type { Flow } from './flow.ts';
import { bothStages, committing, families, zoneRegisters, type Stage } from './stage.ts';
import { hex } from './spelling.ts';
import { backTo, fromHere, goTo, isLetIn, isOwn, isTracked, stages, tables } from './tables.ts';

/**
 * Fragments through connection tracking. In user space a switch holds a fragment back until its datagram is complete or too old, and
 * then lets it go on with whatever packet comes next, in that packet's place: with its registers, and past what had judged it.
 * So a fragment carries in its Ethernet addresses, which nobody needs on the way, who it is and how far it was judged; by these
 * alone it goes on, wherever it comes out. One that was never tracked, being too old, is dropped.
 */
export function fragmentFlows(): Flow[] {
  return [
    ...bothStages.flatMap((stage) => [...tracked(stage), ...committed(stage), ...restored(stage)]),
    ...strays(),
  ];
}

/** In the place of the receiver's address, so that no frame of anybody else is taken for a fragment that carries itself. */
const carriedMac = '02:00:00:00:00:02';

/** How far a fragment was judged at a stage: it is being tracked, or it was let in and is being committed. */
type CarriedStep = typeof isTracked | typeof isLetIn;

/** The first byte of the sender's address says the stage and the step. */
const firstBytes = {
  sending: { [isTracked]: '02', [isLetIn]: '0a' },
  receiving: { [isTracked]: '06', [isLetIn]: '0e' },
} as const satisfies Record<Stage, Record<CarriedStep, string>>;

/** An address of which the first byte alone counts. */
function addressAt(stage: Stage, step: CarriedStep): string {
  return `${firstBytes[stage][step]}:00:00:00:00:00/ff:00:00:00:00:00`;
}

const packetsInParts = ['tcp', 'udp', 'icmp', 'tcp6', 'udp6', 'icmp6'] as const;

/**
 * Says who the fragment is, and tracks it. What an earlier tracking told is forgotten: one that is held back and grows too old must not
 * seem to be tracked.
 */
function tracked(stage: Stage): Flow[] {
  const carry = [
    'move:NXM_NX_REG0[0..23]->NXM_OF_ETH_SRC[0..23]',
    'move:NXM_NX_REG4[0..15]->NXM_OF_ETH_SRC[24..39]',
    `set_field:${addressAt(stage, isTracked)}->eth_src`,
    `set_field:${carriedMac}->eth_dst`,
    'ct_clear',
    `ct(table=${String(tables.restored)},zone=${zoneRegisters[stage]}[0..15])`,
  ];
  const at = `reg3=${stages[stage]}`;
  // Later fragments of IPv6 have the number of the fragment header in place of their protocol's.
  const matches = [...packetsInParts.map((packets) => `${packets},${at}`), `ipv6,${at},nw_proto=44`];
  return matches.map((match) => ({
    table: tables.track,
    priority: 120,
    match: `${match},nw_frag=yes`,
    actions: carry.join(','),
  }));
}

/** What was let in is committed, and says so. */
function committed(stage: Stage): Flow[] {
  return families.map((family) => ({
    table: tables.commit,
    priority: 110,
    match: `ct_state=+new+trk,${family.name},reg3=${stages[stage]},nw_frag=yes`,
    actions: [
      `set_field:${addressAt(stage, isLetIn)}->eth_src`,
      'ct_clear',
      committing(stage, family, tables.restored),
    ].join(','),
  }));
}

/** Whoever comes out of tracking is looked up again by what it carries and its own addresses, and goes on where it was. */
function restored(stage: Stage): Flow[] {
  return ([isTracked, isLetIn] as const).map((step) => {
    const isSending = stage === 'sending';
    const bits = Number(isOwn) + Number(step) + (isSending ? Number(fromHere) : 0);
    const actions = [
      ...['reg0', 'reg1', 'reg4', 'reg5', 'reg6'].map((register) => `set_field:0->${register}`),
      'move:NXM_OF_ETH_SRC[0..23]->NXM_NX_REG0[0..23]',
      ...(isSending ? ['move:NXM_OF_ETH_SRC[24..39]->NXM_NX_REG4[0..15]'] : []),
      `set_field:${hex(bits)}->reg2`,
      `set_field:${stages[stage]}->reg3`,
      backTo(tables.destination),
    ];
    return {
      table: tables.restored,
      priority: 100,
      match: `ct_state=-inv+trk,dl_src=${addressAt(stage, step)},dl_dst=${carriedMac}`,
      actions: actions.join(','),
    };
  });
}

/** What comes out of tracking in the place of a packet that is no fragment; and where those go on that were restored. */
function strays(): Flow[] {
  return [
    ...[tables.direction, tables.next].flatMap((table) =>
      ['ip', 'ipv6'].map((family) => ({
        table,
        priority: 300,
        match: `${family},reg2=0/${isOwn},nw_frag=yes`,
        actions: goTo(tables.restored),
      })),
    ),
    ...(
      [
        [isTracked, tables.direction],
        [isLetIn, tables.next],
      ] as const
    ).map(([step, table]) => ({
      table: tables.track,
      priority: 200,
      match: `reg2=${step}/${step}`,
      actions: goTo(table),
    })),
  ];
}
