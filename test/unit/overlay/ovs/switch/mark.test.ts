import { describe, expect, it } from 'vitest';
import { digestOfObjects } from '../../../../../events/overlay-objects.ts';
import { markLines, readMark, type MarkText } from '../../../../../src/overlay/ovs/switch/mark.ts';
import type { SwitchGroup } from '../../../../../src/overlay/ovs/switch/openflow-messages.ts';

const mark: MarkText = { ledger: 'l-1', shard: 's-1', plan: 1, digest: digestOfObjects([]), objects: 0 };
const nothing = readMark([]);

/** The groups that a switch has after lines of a bundle; undefined where it refuses them. */
function groupsAfter(before: readonly SwitchGroup[], lines: readonly string[]): SwitchGroup[] | undefined {
  const groups = new Map(before.map((group) => [group.id, group]));
  for (const line of lines) {
    const [, verb, id = '', note = ''] = /^group (\w+) group_id=(\d+)(?:.*note:(.*))?$/.exec(line) ?? [];
    const isThere = groups.has(Number(id));
    if (verb === 'delete') groups.delete(Number(id));
    else if (isThere !== (verb === 'modify')) return undefined;
    else
      groups.set(Number(id), {
        id: Number(id),
        notes: [Buffer.from(`${note}.00.00`.replaceAll('.', ''), 'hex')],
      });
  }
  return [...groups.values()];
}

function marked(by: MarkText, before: readonly SwitchGroup[] = []): SwitchGroup[] {
  return groupsAfter(before, markLines(readMark(before), by)) ?? [];
}

describe('the mark of a bridge', () => {
  it('is read as it was written, whatever groups others have', () => {
    const foreign = { id: 7, notes: [Buffer.from('somebody')] };
    expect(readMark([foreign])).toEqual(nothing);
    const text = { ...mark, shard: 'ß"\\', plan: 12, objects: 4_000_000 };
    expect(readMark([foreign, ...marked(text)])).toMatchObject({ kind: 'marked', mark: text });
  });

  it('leads on only from what was read', () => {
    const [first, second, third] = [mark, { ...mark, plan: 2 }, { ...mark, plan: 3 }];
    const groups = marked(first);
    expect(groupsAfter(groups, markLines(nothing, second))).toBeUndefined();
    const seen = readMark(groups);
    const later = marked(second, groups);
    expect(readMark(later)).toMatchObject({ kind: 'marked', mark: second });
    expect(groupsAfter(later, markLines(seen, third))).toBeUndefined();
    expect(groupsAfter([], markLines(seen, third))).toBeUndefined();
    expect(groupsAfter(groups, markLines(seen, first))).toBeDefined();
  });

  it.each<[string, (groups: SwitchGroup[]) => SwitchGroup[]]>([
    ['lacks the group of the mark', (groups) => groups.slice(1)],
    ['lacks a group of the fence', (groups) => groups.slice(0, -1)],
    ['has another group of a fence', (groups) => [...groups, ...marked({ ...mark, plan: 2 }).slice(1)]],
    ['has a mark that is none', ([first, ...rest]) => [{ id: first?.id ?? 0, notes: [] }, ...rest]],
    [
      'has a mark that was edited',
      ([first, ...rest]) => [
        { id: first?.id ?? 0, notes: [Buffer.from(String(first?.notes[0]).replace('"plan":1', '"plan":7'))] },
        ...rest,
      ],
    ],
  ])('cannot be read where a bridge %s, and is put in its place by a whole set', (_what, spoil) => {
    const spoilt = spoil(marked(mark));
    expect(readMark(spoilt)).toMatchObject({ kind: 'unreadable' });
    expect(readMark(marked({ ...mark, plan: 3 }, spoilt))).toMatchObject({
      kind: 'marked',
      mark: { plan: 3 },
    });
  });
});
