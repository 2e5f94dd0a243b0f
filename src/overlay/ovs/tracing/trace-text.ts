/** A flow that a traced packet met. `match` is undefined where no flow of that table took it. */
export interface TracedStep {
  readonly table: number;
  readonly match: string | undefined;
  /** In hexadecimal, `0x0` where the flow has none. */
  readonly cookie: string;
  /** As the switch spells them. */
  readonly actions: readonly string[];
  /** What the switch says that actions did. */
  readonly effects: readonly string[];
}

const bridgeHead = /^bridge\("(.*)"\)$/;
const metFlow = /^ *(\d+)\. (?:(.*), )?priority \d+(?:, cookie (0x[0-9a-f]+))?$/;
const metNothing = /^ *(\d+)\. No match/;
const effect = /^ +-> (.*)$/;
/** What keeps a packet from its way beyond the flows: a device that is not there, a neighbour that is not known. */
const obstacle = /^ +>> /;

/**
 * Reads the answer of `ofproto/trace`: the flows of a bridge that the packet met, in that order. Those of other bridges are
 * left out: a tunnelled packet goes on through the bridge of the underlay. Undefined where that is no whole trace: the switch gave up, or
 * says something else.
 */
export function readTrace(text: string, bridge: string): readonly TracedStep[] | undefined {
  const steps: (TracedStep & { readonly actions: string[]; readonly effects: string[] })[] = [];
  let isOurs = false;
  let isWhole = false;
  for (const line of text.split('\n')) {
    if (line.startsWith('Translation failed')) return undefined;
    isWhole ||= line.startsWith('Datapath actions: ');
    const [, head] = bridgeHead.exec(line.trim()) ?? [];
    if (head !== undefined) isOurs = head === bridge;
    if (!isOurs || head !== undefined) continue;
    const step = readStep(line);
    const [, done] = effect.exec(line) ?? [];
    if (step !== undefined) steps.push({ ...step, actions: [], effects: [] });
    else if (done !== undefined) steps.at(-1)?.effects.push(done);
    else if (line.startsWith('    ') && !obstacle.test(line)) steps.at(-1)?.actions.push(line.trim());
  }
  return isWhole ? steps : undefined;
}

function readStep(line: string): Omit<TracedStep, 'actions' | 'effects'> | undefined {
  const met = metFlow.exec(line);
  if (met !== null) {
    const [, table, match = '', cookie = '0x0'] = met;
    return { table: Number(table), match, cookie };
  }
  const nothing = metNothing.exec(line);
  return nothing === null ? undefined : { table: Number(nothing[1]), match: undefined, cookie: '0x0' };
}
