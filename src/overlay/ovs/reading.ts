import { keyOf, type OverlayObject } from '../../../events/overlay-objects.ts';
import { deltaAt } from '../delta.ts';
import { OverlayUnavailable } from '../faults.ts';
import type { ExpectedSet, HostReading, Mark } from '../port.ts';
import { comparedHost } from './compare.ts';
import { readBridge } from './found-bridge.ts';
import { digestOfNothing, type ShardModel } from './shard-model.ts';
import { readHostMark } from './switch/host-mark.ts';
import type { HostSwitch } from './switch/host-switch.ts';
import { readOthersSettings } from './switch/settings.ts';
import { markWords, type SwitchMark } from './switch/mark.ts';
import { meddlingAmong } from './switch/meddling.ts';

/** How often a host is looked at again that is changed while it is read. */
const attemptsMax = 3;

/**
 * Reads a whole host, and compares it with the set that its mark names: flow by flow, and the ports and meters that those
 * flows rest on. The mark is read before and after.
 */
export async function readHost(
  at: HostSwitch,
  models: ShardModel,
  expected: ExpectedSet,
): Promise<HostReading> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const { mark, atBridge, standing } = await readHostMark(at);
    if (mark.kind === 'nothing' && standing.bridge !== undefined) return (await meddlingAt(at)) ?? mark;
    if (mark.kind !== 'marked') return mark;
    const set = setOf(mark, expected);
    if (set === undefined)
      return {
        kind: 'unreadable',
        problem: `${at.words} holds plan ${String(mark.plan)}, and what that plan came to is not known here`,
      };
    const found = standing.bridge === undefined ? undefined : await readBridge(at);
    if (found !== undefined && !isSameText(atBridge, found.markAfter)) continue;
    const compared = comparedHost({ at, models, set }, found);
    if (compared.kind === 'unreadable') return compared;
    const { differing, settings, foreign } = compared;
    const { plan, digest } = mark;
    return {
      ...readingOf({ plan, digest }, { expected, set, differing }),
      ...(settings.length === 0 ? {} : { settings }),
      ...(foreign.length === 0 ? {} : { foreign }),
    };
  }
  throw new OverlayUnavailable(`${at.words} is changed by somebody else while it is read`);
}

/** A switch that is given a controller loses all flows, and what others set is then all that is there. */
async function meddlingAt(at: HostSwitch): Promise<HostReading | undefined> {
  return meddlingAmong(at, { flows: [], settings: await readOthersSettings(at) });
}

/** Whether a bridge is marked as before. One that is being made for a host that was empty has no mark yet. */
function isSameText(before: SwitchMark, after: SwitchMark): boolean {
  if (before.kind !== 'marked' || after.kind !== 'marked') return before.kind === after.kind;
  return markWords(before.mark) === markWords(after.mark);
}

/** The set that a mark names, where it is known. */
export function setOf(mark: Mark, expected: ExpectedSet): ExpectedSet | undefined {
  if (expected.digest.value() === mark.digest) return expected;
  return mark.digest === digestOfNothing ? emptied(expected) : expected.at(mark);
}

function emptied(expected: ExpectedSet): ExpectedSet {
  const digest = expected.digest.copy();
  digest.apply({ put: [], removed: [...expected.objects.keys()] }, expected.objects);
  return { objects: new Map(), digest, at: (mark) => expected.at(mark) };
}

/** The reading of a host that has the objects of a set but for some keys: there another object, or none. */
function readingOf(
  mark: Mark,
  of: {
    expected: ExpectedSet;
    set: ExpectedSet;
    differing: ReadonlyMap<string, OverlayObject | undefined>;
  },
): Extract<HostReading, { kind: 'objects' }> {
  const { expected, set, differing } = of;
  const get = (key: string): OverlayObject | undefined =>
    differing.has(key) ? differing.get(key) : set.objects.get(key);
  const keys = new Set(differing.keys());
  if (set !== expected)
    for (const { objects } of [expected, set]) for (const key of objects.keys()) keys.add(key);
  const delta = deltaAt(keys, { before: expected.objects, after: { get } });
  const gone = delta.removed.length;
  const come = delta.put.filter((object) => !expected.objects.has(keyOf(object))).length;
  return {
    kind: 'objects',
    mark,
    digest: expected.digest.after(delta, expected.objects),
    objects: expected.objects.size - gone + come,
    delta,
  };
}
