import type { DropCount } from '../../port.ts';
import type { MultiMap } from './multi-map.ts';
import { tables } from './tables.ts';

/** A counter as a switch tells it: of a flow that drops, and how many packets met it. */
interface CountedFlow {
  readonly table: number;
  readonly packets: number;
  /** Fields and their values, in the switch's spelling. */
  readonly match: ReadonlyMap<string, string>;
  readonly actions: string;
}

/** Tables whose flows count what is dropped: what is nobody's address, in quarantine, and not granted. */
export const countingTables = [
  tables.destination,
  tables.cutEgress,
  tables.cutIngress,
  tables.dropped,
] as const;

/**
 * What a line of `ovs-ofctl -O OpenFlow15 --no-names dump-flows` (with counters) says of packets that were dropped; undefined where it
 * shows no flow that drops what somebody attempted. Ends are named by the segments that have their networks; a network that none has,
 * or several, is left for a later reading.
 */
export function dropCountOf(line: string, segments: MultiMap<number, string>): DropCount | undefined {
  const flow = readCounted(line);
  const cause = flow === undefined ? undefined : causeOf(flow);
  if (flow === undefined || cause === undefined) return undefined;
  const from = endOf(flow.match.get('reg0'), segments);
  const to = endOf(flow.match.get('reg1'), segments);
  return from === undefined || to === undefined ? undefined : { from, to, by: cause, packets: flow.packets };
}

/** Whether a line may tell of dropped packets: most of a dump is of flows that lead on, and need not be read. */
export function mayCount(line: string): boolean {
  return line.endsWith(' actions=drop') || line.includes(' actions=note:');
}

function readCounted(line: string): CountedFlow | undefined {
  const found = /^(.*) actions=(.*)$/.exec(line);
  const [, head = '', actions = ''] = found ?? [];
  const fields = new Map(
    head
      .trim()
      .split(/, */)
      .map((field) => {
        const [name = '', value = ''] = field.split('=');
        return [name, value];
      }),
  );
  const [table, packets] = [fields.get('table'), fields.get('n_packets')];
  if (table === undefined || packets === undefined || !/^\d+$/.test(packets)) return undefined;
  for (const name of aboutFlows) fields.delete(name);
  return {
    ...{ table: Number(table), match: fields, actions },
    packets: Math.min(Number(packets), Number.MAX_SAFE_INTEGER),
  };
}

/** What a dump tells of a flow beside its match. */
const aboutFlows = [
  ...['cookie', 'duration', 'table', 'n_packets', 'n_bytes', 'idle_age', 'hard_age', 'priority'],
  ...['idle_timeout', 'hard_timeout', 'importance', 'send_flow_rem', 'reset_counts'],
];

/** A flow in one of these tables may also lead on, or drop what is no attempt of one network on another. */
function causeOf({ table, match, actions }: CountedFlow): DropCount['by'] | undefined {
  switch (table) {
    case tables.dropped:
      return match.has('reg0') && match.has('reg1') ? 'default' : undefined;
    case tables.cutEgress:
    case tables.cutIngress:
      return actions.startsWith('note:') ? 'quarantine' : undefined;
    case tables.destination:
      return match.size === 1 && match.has('reg0') ? 'no-address' : undefined;
    default:
      return undefined;
  }
}

/** The segment or external of a network; null where the flow takes packets of any; undefined where none or several have it. */
function endOf(vni: string | undefined, segments: MultiMap<number, string>): string | null | undefined {
  if (vni === undefined) return null;
  const [first, ...others] = segments.of(Number(vni));
  return others.length === 0 ? first : undefined;
}
