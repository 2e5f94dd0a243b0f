/**
 * One flow of a switch, in the spelling in which Open vSwitch 3.1 dumps it (`ovs-ofctl -O OpenFlow15 --no-names`), so that
 * equal flows are equal texts. `match` is empty for every packet. Cookies are the bridge's, and no part of it.
 */
export interface Flow {
  readonly table: number;
  readonly priority: number;
  readonly match: string;
  readonly actions: string;
}

/** What tells the flows of a switch apart: of two with one identity the later replaces the other. */
export function flowId({ table, priority, match }: Flow): string {
  return `${String(table)},${String(priority)},${match}`;
}

/** Flows by their identity. */
export type Flows = ReadonlyMap<string, Flow>;

/** The line of a bundle that adds a flow, with a cookie such as `0x1500000000000001`. */
export function addLine({ table, priority, match, actions }: Flow, cookie: string): string {
  return `flow add cookie=${cookie},table=${String(table)},priority=${String(priority)},${matched(match)}actions=${actions}`;
}

/** The line of a bundle that deletes a flow: that very one, and none that it covers. */
export function removeLine({ table, priority, match }: Flow): string {
  return `flow delete_strict table=${String(table)},priority=${String(priority)}${match === '' ? '' : `,${match}`}`;
}

function matched(match: string): string {
  return match === '' ? '' : `${match},`;
}

/** A flow that somebody put on a switch, ours or not. */
export interface FoundFlow extends Flow {
  /** In hexadecimal, `0x0` where it has none. */
  readonly cookie: string;
}

/** What a dump tells of a flow behind its cookie. */
export function flowText({ table, priority, match, actions }: Flow): string {
  const place = table === 0 ? '' : `table=${String(table)}, `;
  return `${place}priority=${String(priority)}${match === '' ? '' : `,${match}`} actions=${actions}`;
}

/** What `ovs-ofctl` leaves out of a dump. */
const defaultPriority = 32_768;

const dumped = /^ *(?:cookie=(0x[0-9a-f]+), *)?(?:table=(\d+), *)?(.*?) ?actions=(.*)$/;
/** Timeouts and flags come before it. */
const priorityPart = /(?<=^| )priority=(\d+),?/;

/**
 * Reads a line of `ovs-ofctl -O OpenFlow15 --no-stats --no-names dump-flows`. Undefined if it shows no flow. What of a
 * foreign flow this house never writes (a timeout) stays in `match`, so that it differs from every flow of ours.
 */
export function readFlow(line: string): FoundFlow | undefined {
  const found = dumped.exec(line);
  if (found === null) return undefined;
  const [, cookie = '0x0', table = '0', rest = '', actions = ''] = found;
  const priority = priorityPart.exec(rest);
  return {
    cookie,
    table: Number(table),
    priority: priority === null ? defaultPriority : Number(priority[1]),
    match: rest.replace(priorityPart, '').replace(/, $/, ''),
    actions,
  };
}

/** What the flows of a host have to lose, and to get: nothing in both is as it was. */
export interface FlowChange {
  readonly remove: readonly Flow[];
  readonly add: readonly Flow[];
}

/** How the flows of a host differ. A flow with other actions is added alone, since it replaces the former. */
export function differenceOf(before: Flows, after: Flows): FlowChange {
  const remove = Array.from(before)
    .filter(([id]) => !after.has(id))
    .map(([, flow]) => flow);
  const add = Array.from(after)
    .filter(([id, flow]) => before.get(id)?.actions !== flow.actions)
    .map(([, flow]) => flow);
  return { remove, add };
}
