import {
  differenceOf,
  flowId,
  flowText,
  readFlow,
  type Flow,
  type FlowChange,
  type Flows,
  type FoundFlow,
} from '../pipeline/flow.ts';
import { isLearned } from '../pipeline/learned.ts';
import type { HostSwitch } from './host-switch.ts';
import { isCookieOf, type BridgeOwner } from './owner.ts';

/** How a line of a dump begins, up to the cookie. */
const head = ' cookie=';

/**
 * The flows that a bridge was found with, without those that it learned. There may be a hundred thousand, and mostly they are the
 * very ones that were put: so the lines that tell of ours are held against those, and only lines that differ are taken apart.
 */
export class FoundFlows {
  /** Flows that are not ours. */
  readonly others: FoundFlow[] = [];
  readonly #owner: BridgeOwner;
  /** What is told of each of ours behind its cookie. */
  readonly #ours = new Set<string>();

  constructor(owner: BridgeOwner) {
    this.#owner = owner;
  }

  /** Takes a line of a dump. */
  take(line: string): void {
    const end = line.indexOf(', ');
    if (line.startsWith(head) && isCookieOf(this.#owner, line.slice(head.length, end))) {
      this.#ours.add(line.slice(end + 2));
      return;
    }
    const flow = readFlow(line);
    if (flow !== undefined && !isLearned(flow)) this.others.push(flow);
  }

  /** How those that are ours differ from what they should be: the change that leads there. */
  differenceFrom(expected: Iterable<Flow>): FlowChange {
    const left = new Set(this.#ours);
    const missing = new Map<string, Flow>();
    for (const flow of expected) {
      const text = flowText(flow);
      if (!left.delete(text) && !this.#ours.has(text)) missing.set(flowId(flow), flow);
    }
    // A switch of another version may tell the same flow in another way: so it counts what a line says.
    return differenceOf(missing, flowsIn(left));
  }

  /** Those that are ours, by identity. */
  readOurs(): Flows {
    return flowsIn(this.#ours);
  }
}

function flowsIn(texts: Iterable<string>): Map<string, Flow> {
  const flows = new Map<string, Flow>();
  for (const text of texts) {
    const flow = readFlow(text);
    if (flow !== undefined) flows.set(flowId(flow), flow);
  }
  return flows;
}

/** Reads all flows of a bridge. */
export async function findFlows(at: HostSwitch): Promise<FoundFlows> {
  const found = new FoundFlows(at.owner);
  await at.ofctl.dumpFlows((line) => {
    found.take(line);
  });
  return found;
}
