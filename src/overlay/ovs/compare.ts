import { keyOf, type OverlayObject } from '../../../events/overlay-objects.ts';
import { foundText } from '../../runtime/found-text.ts';
import type { Delta } from '../delta.ts';
import type { ExpectedSet } from '../port.ts';
import { eachFlow } from './pipeline/compile.ts';
import { observedChange } from './pipeline/observed.ts';
import type { ShardModel } from './shard-model.ts';
import { comparedPorts } from './compare-ports.ts';
import type { FoundBridge } from './found-bridge.ts';
import { portsUnfit } from './reached.ts';
import { openings } from './switch/bridge-change.ts';
import { flowWords } from './switch/flows.ts';
import type { HostSwitch } from './switch/host-switch.ts';
import { meddlingAmong, quoteMax, unreadableFor, type Unfit } from './switch/meddling.ts';

/** Where a host differs from a set, by key: the object that is there, undefined for none. Or why that cannot be said. */
export type ComparedHost =
  | Unfit
  | {
      readonly kind: 'compared';
      readonly differing: ReadonlyMap<string, OverlayObject | undefined>;
      /** What stands behind what differs and is no object: settings that were changed, in words. */
      readonly settings: readonly string[];
      /** What is there beside that and changes nothing of it, quoted. */
      readonly foreign: readonly string[];
    };

export function comparedHost(
  of: { at: HostSwitch; models: ShardModel; set: ExpectedSet },
  found: FoundBridge | undefined,
): ComparedHost {
  // A host whose bridge is gone holds a set without objects.
  if (found === undefined) return { kind: 'compared', differing: new Map(), settings: [], foreign: [] };
  const { at, models, set } = of;
  const { others } = found.flows;
  const meddling = meddlingAmong(at, { flows: others, settings: found.settings });
  if (meddling !== undefined) return leftOpen(at, found) ?? meddling;
  const model = models.of({ digest: set.digest.value(), objects: set.objects.values() });
  const ports = comparedPorts(at, { model, found });
  if (ports.problems.length > 0) return portsUnfit(at, ports.problems);
  const expected = set.objects.size === 0 ? [] : eachFlow(model, { host: at.host, wiring: ports.wiring });
  const difference = found.flows.differenceFrom(expected);
  const isEqual = difference.add.length + difference.remove.length === 0;
  const asObjects =
    isEqual || set.objects.size === 0
      ? undefined
      : observedChange(model, { host: at.host, wiring: ports.wiring }, difference);
  if (!isEqual && asObjects === undefined)
    return unreadableFor(at, 'flows that do not belong to what it holds, or lacks some', [
      ...difference.add.map((flow) => `found: ${flowWords(flow)}`),
      ...difference.remove.map((flow) => `missing: ${flowWords(flow)}`),
    ]);
  return {
    kind: 'compared',
    differing: new Map([...differingBy(asObjects), ...ports.differing]),
    settings: ports.settings.map((words) => foundText(words, quoteMax)),
    foreign: [...others.map(flowWords), ...ports.foreign, ...found.settings.beside].map((words) =>
      foundText(words, quoteMax),
    ),
  };
}

/**
 * What a bridge has that was let forward by itself: a switch drops all flows as that is ended, which the next whole set does, so that
 * nobody else has to take away any.
 */
function leftOpen(at: HostSwitch, { seen: { bridge }, flows, settings }: FoundBridge): Unfit | undefined {
  if (bridge === undefined || bridge.row.fail_mode === 'secure' || settings.packets.length > 0)
    return undefined;
  const quotes = [...openings(bridge.row), ...flows.others.map(flowWords)];
  return unreadableFor(
    at,
    'settings by which its switch may forward by itself, and flows beside its own',
    quotes,
  );
}

/** A change of objects by key, with what is there after it. */
function differingBy(
  { put, removed }: Delta = { put: [], removed: [] },
): [string, OverlayObject | undefined][] {
  return [
    ...removed.map((key): [string, undefined] => [key, undefined]),
    ...put.map((object): [string, OverlayObject] => [keyOf(object), object]),
  ];
}
