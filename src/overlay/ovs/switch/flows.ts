import { OverlayUnavailable } from '../../faults.ts';
import { addLine, flowId, readFlow, type Flow, type FlowChange, type FoundFlow } from '../pipeline/flow.ts';
import { everyLearned, isLearned, learnedIn } from '../pipeline/learned.ts';
import { countFlows, ownFlows } from './flow-counts.ts';
import type { HostSwitch } from './host-switch.ts';
import { markLines, markWords, readMark, type MarkText, type SwitchMark } from './mark.ts';
import { multipart, readGroups } from './openflow-messages.ts';
import { cookieOf, isCookieOf } from './owner.ts';
import { unnamedFile } from './unnamed-file.ts';

/** What the flows of a bridge become: others than these, or these and no others of ours. */
export type FlowsToPut =
  ({ readonly kind: 'step' } & FlowChange) | { readonly kind: 'whole'; readonly flows: Iterable<Flow> };

interface FlowStep {
  readonly from: SwitchMark;
  readonly to: MarkText;
  readonly flows: FlowsToPut;
  /** The zones whose associations are forgotten, since they get another owner. */
  readonly forget: 'every' | readonly number[];
}

/** Flows and mark of a step, written out and not put yet. Whoever has them puts them, or lets go of them. */
export interface WrittenFlows extends AsyncDisposable {
  /** How many flows a switch gets. */
  readonly added: number;
  /** Puts all of it in one step. Throws BundleRefused, with nothing changed, where the bridge is not marked as it was read. */
  readonly put: () => Promise<void>;
}

/** Writes flows and mark in one step. Throws BundleRefused, with nothing changed, where the bridge is not marked as it was read. */
export async function putFlows(at: HostSwitch, step: FlowStep): Promise<void> {
  await using written = await writeFlows(at, step);
  await written.put();
}

/** Takes all flows of a step before anything is waited for. The switch is not asked. */
export async function writeFlows(at: HostSwitch, step: FlowStep): Promise<WrittenFlows> {
  const count = { added: 0 };
  const file = await unnamedFile(bundleLines(at, step, count));
  return {
    ...count,
    put: () => at.ofctl.bundle(file),
    [Symbol.asyncDispose]: () => file.close(),
  };
}

function* bundleLines(
  at: HostSwitch,
  { from, to, flows, forget }: FlowStep,
  count: { added: number },
): Generator<string> {
  const cookie = cookieOf(at.owner, to.plan);
  const add = (flow: Flow): string => {
    count.added += 1;
    return addLine(flow, cookie);
  };
  yield* markLines(from, to);
  for (const learned of forget === 'every' ? [everyLearned] : forget.map(learnedIn))
    yield `flow delete ${learned}`;
  switch (flows.kind) {
    case 'whole':
      // Packets meet the old flows until the new ones are there: all of it is one step for them.
      yield `flow delete ${ownFlows(at)}`;
      for (const flow of flows.flows) yield add(flow);
      return;
    case 'step':
      for (const flow of flows.remove) yield removeLine(at, flow);
      for (const flow of flows.add) yield add(flow);
  }
}

/** Deletes that very flow, if it is ours. */
function removeLine(at: HostSwitch, { table, priority, match }: Flow): string {
  return `flow delete_strict ${ownFlows(at)},table=${String(table)},priority=${String(priority)}${match === '' ? '' : `,${match}`}`;
}

/** Reads back a step: the mark, each flow that came, and that those that went are gone. Throws OverlayUnavailable. */
export async function readBackStep(
  at: HostSwitch,
  step: FlowChange & { readonly to: MarkText },
): Promise<void> {
  const [isMarked, problem] = await Promise.all([isMarkedWith(at, step.to), stepProblem(at, step)]);
  requireReadBack(at, isMarked, problem);
}

/**
 * Reads back so many flows that were put whole, and their mark. What a whole set put all has the cookie of its plan, and came in one
 * step: so their number tells whether all of them are there, and whether anything else of ours is. Throws OverlayUnavailable.
 * Gives how many flows of others are beside them.
 */
export async function readBackWhole(
  at: HostSwitch,
  { to, flows }: { to: MarkText; flows: number },
): Promise<number> {
  const isMarked = await isMarkedWith(at, to);
  const { every, ours, ofPlan } = await countFlows(at, to.plan);
  const isWhole = ofPlan === flows && ours === flows;
  const problem = `it has ${String(ours)} flows of ours, ${String(ofPlan)} of them of that plan, in place of ${String(flows)}`;
  requireReadBack(at, isMarked, isWhole ? undefined : problem);
  return every - ours;
}

function requireReadBack(at: HostSwitch, isMarked: boolean, problem: string | undefined): void {
  if (isMarked && problem === undefined) return;
  throw new OverlayUnavailable(
    `${at.words} was written and cannot be read back: ${problem ?? 'it has another mark'}`,
  );
}

async function isMarkedWith(at: HostSwitch, to: MarkText): Promise<boolean> {
  const connection = await at.openFlow();
  const found = readMark(await connection.ask(multipart.groups, readGroups));
  return found.kind === 'marked' && markWords(found.mark) === markWords(to);
}

async function stepProblem(
  at: HostSwitch,
  { to, add, remove }: FlowChange & { readonly to: MarkText },
): Promise<string | undefined> {
  const filters = removalFilters(remove);
  const [added, ...left] = await Promise.all([
    add.length === 0
      ? new Map<string, FoundFlow>()
      : dumpFlows(at, `cookie=${cookieOf(at.owner, to.plan)}/-1`),
    ...filters.map((filter) => dumpFlows(at, filter)),
  ]);
  const missing = missingFlow(added, add);
  if (missing !== undefined) return missing;
  const stays = remove.find((flow) => left.some((found) => isOursAt(at, found.get(flowId(flow)))));
  return stays === undefined ? undefined : `it still has ${flowWords(stays)}`;
}

function isOursAt(at: HostSwitch, flow: FoundFlow | undefined): boolean {
  return flow !== undefined && isCookieOf(at.owner, flow.cookie);
}

function missingFlow(found: ReadonlyMap<string, Flow>, expected: Iterable<Flow>): string | undefined {
  for (const flow of expected)
    if (found.get(flowId(flow))?.actions !== flow.actions) return `it has not ${flowWords(flow)}`;
  return undefined;
}

/** A flow, quoted. */
export function flowWords({ table, priority, match, actions }: Flow): string {
  return `table=${String(table)},priority=${String(priority)}${match === '' ? '' : `,${match}`} actions=${actions}`;
}

/** Filters that name all of some flows, and as few others as can be had with one for each table: what their matches have in common. */
function removalFilters(flows: readonly Flow[]): string[] {
  return Array.from(
    Map.groupBy(flows, ({ table }) => table),
    ([table, ofTable]) => {
      const [first = [], ...others] = ofTable.map(({ match }) => match.split(','));
      const common = first.filter((part) => part !== '' && others.every((parts) => parts.includes(part)));
      return [`table=${String(table)}`, ...common].join(',');
    },
  );
}

/** Those flows of a bridge that a filter names, by identity. What it learned is not among them. */
async function dumpFlows(at: HostSwitch, filter: string): Promise<Map<string, FoundFlow>> {
  const found = new Map<string, FoundFlow>();
  await at.ofctl.dumpFlows((line) => {
    const flow = readFlow(line);
    if (flow !== undefined && !isLearned(flow)) found.set(flowId(flow), flow);
  }, filter);
  return found;
}
