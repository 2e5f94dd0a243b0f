import {
  linkSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalText } from '../../../events/codec/canonical.ts';
import { digestOfObjects, type OverlayObject } from '../../../events/overlay-objects.ts';
import { embeddedDriver } from '../../../src/overlay/embedded/driver.ts';
import { MarkDiffers } from '../../../src/overlay/faults.ts';
import type { HostMark, HostReading, OverlayDriver } from '../../../src/overlay/port.ts';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';
import { expectedSet, step, wholeSet, type Target } from '../../support/host-change.ts';
import { editObjects, objectsInFile } from '../../support/host-file.ts';

const networks = (from: number, count: number): OverlayObject[] =>
  Array.from({ length: count }, (_, index) => ({
    kind: 'network',
    vni: 5000 + from + index,
    segment: `acme/s${String(from + index)}`,
  }));

/** Three sets that follow one upon the other; no step touches what a later one touches. */
const plans = [
  { plan: 1, objects: networks(0, 6) },
  { plan: 2, objects: [...networks(2, 4), ...networks(10, 2)] },
  { plan: 3, objects: [...networks(3, 3), ...networks(10, 3)] },
] as const;
const [first, second, third] = plans;
const next = { plan: 4, objects: [...third.objects, ...networks(20, 1)] };

interface At {
  readonly driver: OverlayDriver;
  readonly file: string;
}

async function hostWith(...steps: readonly [Target, ...Target[]]): Promise<At> {
  const folder = temporaryFolder();
  const driver = embeddedDriver({ folder, ledger: 'l-1', shard: 'shard-1' });
  const [whole] = steps;
  await driver.apply('hv-1', wholeSet(whole));
  for (const [index, to] of steps.slice(1).entries())
    await driver.apply('hv-1', step(steps[index] ?? whole, to));
  return { driver, file: join(folder, 'shard-1', 'hv-1.jsonl') };
}

function markOf({ plan, objects }: Target): HostMark {
  return { kind: 'marked', plan, digest: digestOfObjects(objects), objects: objects.length };
}

/** What a host is read as that holds a set and its mark. */
function readingOf(target: Target): HostReading {
  const { plan, digest } = wholeSet(target);
  return {
    kind: 'objects',
    mark: { plan, digest },
    digest,
    objects: target.objects.length,
    delta: { put: [], removed: [] },
  };
}

async function expectHolds({ driver }: At, target: Target): Promise<void> {
  expect(await driver.mark('hv-1')).toEqual(markOf(target));
  expect(await driver.read('hv-1', expectedSet(target.objects))).toEqual(readingOf(target));
}

describe('a change of a host from its mark', () => {
  it('is one line behind all others, that says what it takes away and puts, and what the host then holds', async () => {
    const { file } = await hostWith(first);
    const before = readFileSync(file, 'utf8');
    const at = await hostWith(first, second);
    const text = readFileSync(at.file, 'utf8');
    expect(text.startsWith(before)).toBe(true);
    expect(text.slice(before.length)).toMatch(
      /^\{"change":1,"plan":2,"digest":"[0-9a-f]{64}","objects":6,"removed":\["network\/5000\/acme\/s0",.*\],"put":\[\{.*\}\]\}\n$/,
    );
    await expectHolds(at, second);
  });

  it('cut at any byte, is not made: the host holds the old set, and the next change cuts it off', async () => {
    const at = await hostWith(first, second);
    const whole = readFileSync(at.file);
    const old = readFileSync((await hostWith(first)).file).length;
    for (let size = old; size <= whole.length; size += 1) {
      writeFileSync(at.file, whole.subarray(0, size));
      // A line that only lacks its end is whole.
      const held = size < whole.length - 1 ? first : second;
      await expectHolds(at, held);
      await at.driver.apply('hv-1', step(held, third));
      await expectHolds(at, third);
      const lines = readFileSync(at.file, 'utf8').split('\n');
      expect(lines).toHaveLength(held === first ? 10 : 11);
    }
  });

  it('of which a part did not reach the disk, is not made either', async () => {
    const at = await hostWith(first, second);
    const whole = readFileSync(at.file);
    const old = readFileSync((await hostWith(first)).file).length;
    for (const [from, to] of [
      [old, whole.length],
      [old, old + 20],
      [old + 20, whole.length],
      [old + 20, old + 40],
      [whole.length - 1, whole.length],
    ] as const) {
      writeFileSync(at.file, Buffer.from(whole).fill(0, from, to));
      await expectHolds(at, first);
      await at.driver.apply('hv-1', step(first, second));
      await expectHolds(at, second);
    }
  });

  it('after many, is written as a whole set, with what somebody else changed beside it', async () => {
    const at = await hostWith(first);
    editObjects(at.file, (objects) => [...objects, ...networks(90, 1)]);
    const sizes: number[] = [];
    for (let plan = 2; plan < 800; plan += 1) {
      const [from, to] = [plan - 1, plan].map((each) => ({
        plan: each,
        objects: networks(0, 6 + (each % 2)),
      }));
      await at.driver.apply('hv-1', step(plan === 2 ? first : (from ?? first), to ?? first));
      sizes.push(statSync(at.file).size);
    }
    expect(Math.max(...sizes)).toBeLessThan(70_000);
    expect(sizes.filter((size, index) => size < (sizes[index - 1] ?? 0))).not.toEqual([]);
    expect(objectsInFile(at.file)).toEqual(expect.arrayContaining(networks(90, 1)));
    const reading = await at.driver.read('hv-1', expectedSet(networks(0, 7)));
    expect(reading).toMatchObject({ kind: 'objects', delta: { put: networks(90, 1), removed: [] } });
  });

  it('that is large, is written as a whole set, so that the mark can be read at once', async () => {
    const at = await hostWith(first);
    const large = { plan: 2, objects: networks(0, 15_000) };
    await at.driver.apply('hv-1', step(first, large));
    expect(readFileSync(at.file, 'utf8').split('\n')).toHaveLength(15_003);
    await expectHolds(at, large);
  });

  it('is no append where the file has another name, or is a link: what that leads to stays', async () => {
    for (const join of [linkSync, symlinkSync]) {
      const at = await hostWith(first);
      const elsewhere = `${at.file}.backup`;
      renameSync(at.file, elsewhere);
      join(elsewhere, at.file);
      const backup = readFileSync(elsewhere, 'utf8');
      await at.driver.apply('hv-1', step(first, second));
      await expectHolds(at, second);
      expect(readFileSync(elsewhere, 'utf8')).toBe(backup);
      writeFileSync(elsewhere, `${backup}junk\n`);
      renameSync(elsewhere, at.file);
      join(at.file, elsewhere);
      renameSync(elsewhere, at.file);
    }
  });
});

type Lines = readonly string[];

const lineAt = (lines: Lines, share: number): number => Math.floor(share * lines.length);

/** What somebody may do to the lines of a file; of where, as a share of it. */
const edits: Record<string, (lines: Lines, where: number, what: string) => Lines> = {
  'takes a line out': (lines, where) => lines.toSpliced(lineAt(lines, where), 1),
  'doubles a line': (lines, where) => {
    const at = lineAt(lines, where);
    return lines.toSpliced(at, 0, lines[at] ?? '');
  },
  'puts a line to the end again': (lines, where) => [...lines, lines[lineAt(lines, where)] ?? ''],
  'adds a line': (lines, where, what) => lines.toSpliced(lineAt(lines, where), 0, what),
  'adds a line at the end': (lines, _where, what) => [...lines, what],
};

const added = fc.oneof(
  fc.constantFrom(...networks(50, 3).map((object) => canonicalText(object))),
  fc.constantFrom(...networks(0, 12).map((object) => canonicalText(object))),
  fc.constantFrom('', ' ', '{', '{}', '{"change":', '{"change":3}', '{"change":1,"plan":9', 'null', '#'),
  // Zeros are what a machine leaves that stopped, and no text.
  fc.string().filter((text) => !text.includes('\0')),
);

describe('a host whose file somebody edits by lines', () => {
  it('is never read as if nothing had happened', async () => {
    const at = await hostWith(...plans);
    const lines = readFileSync(at.file, 'utf8').trimEnd().split('\n');
    const expected = expectedSet(third.objects);
    const gone = networks(0, 3).map((object) => canonicalText(object));
    const put = networks(10, 3).map((object) => canonicalText(object));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.keys(edits)),
        // Each line as often as another: doubles between 0 and 1 are close to 0, most of them.
        fc.integer({ min: 0, max: 999 }).map((mille) => mille / 1000),
        added,
        async (edit, where, what) => {
          // Without an object that a later change takes away, and with one that it puts anyway, it is the same set.
          fc.pre(edit !== 'takes a line out' || !gone.includes(lines[lineAt(lines, where)] ?? ''));
          fc.pre(edit !== 'adds a line' || !put.includes(what));
          const edited = edits[edit]?.(lines, where, what) ?? [];
          writeFileSync(at.file, edited.map((line) => `${line}\n`).join(''));
          const reading = await at.driver.read('hv-1', expected);
          expect(reading).not.toEqual(readingOf(third));
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each<[string, string]>([
    ['with its end', '\n'],
    ['without its end', ''],
  ])('by an object at the end, %s, is led on all the same, and read as drifted', async (_what, end) => {
    const at = await hostWith(first, second);
    const [object] = networks(50, 1);
    writeFileSync(at.file, `${canonicalText(object)}${end}`, { flag: 'a' });
    expect(await at.driver.mark('hv-1')).toEqual(markOf(second));
    const drift = { kind: 'objects', delta: { put: [object], removed: [] } };
    expect(await at.driver.read('hv-1', expectedSet(second.objects))).toMatchObject(drift);
    await at.driver.apply('hv-1', step(second, third));
    expect(await at.driver.mark('hv-1')).toEqual(markOf(third));
    expect(await at.driver.read('hv-1', expectedSet(third.objects))).toMatchObject(drift);
  });

  it.each<[string, string]>([
    ['a note', '# a note'],
    ['a note with its end', '# a note\n'],
    ['the beginning of an object', '{"kind":"acl"\n'],
    ['the beginning of an object, without its end', '{"kind":'],
    ['an empty line', '\n'],
    ['the end of a line as other systems have it', '\r\n'],
    ['a JSON text that is no object and no change', '{"plan":3}\n'],
    ['an object that is there already', `${canonicalText(networks(3, 1)[0] ?? {})}\n`],
    ['an object that cannot be one', '{"kind":"network","vni":1}\n'],
    ['a change that is spelt otherwise', '{ "change": 5'],
    ['a change that begins as no other', '{"change":2,"digest":"'],
    ['a change without its end that goes on as none', '{"change":2,"plan":9,"digest":"zz'],
    ['the beginning of a change, as a line', '{"change":2,"plan":9\n'],
    ['zeros behind a text', 'garbage\0\0'],
    ['a text behind zeros, as a line', '\0\0garbage\n'],
    ['a change that was cut, and more behind it', '{"change":2,"plan":9\n# a note\n'],
    ['more than is read of a change', 'x'.repeat(3_000_000)],
    ['more lines than are read of a change', '# a note\n'.repeat(300_000)],
  ])('by %s at the end, has no mark, is read as damaged, and is written whole', async (_what, litter) => {
    const at = await hostWith(first, second);
    writeFileSync(at.file, litter, { flag: 'a' });
    const mark = await at.driver.mark('hv-1');
    expect(mark.kind === 'unreadable' ? mark.problem : '').toMatch(/\w+ \w+/);
    expect((await at.driver.read('hv-1', expectedSet(second.objects))).kind).toBe('unreadable');
    await expect(at.driver.apply('hv-1', step(second, next))).rejects.toThrow(MarkDiffers);
    await at.driver.apply('hv-1', wholeSet(next));
    await expectHolds(at, next);
  });

  it('to lines that end as on other systems, holds what it held', async () => {
    const at = await hostWith(first, second);
    writeFileSync(at.file, readFileSync(at.file, 'utf8').replaceAll('\n', '\r\n'));
    await expectHolds(at, second);
    await at.driver.apply('hv-1', step(second, third));
    await expectHolds(at, third);
  });

  it('into one that is larger than any, is read as damaged, and is written whole', async () => {
    const at = await hostWith(first);
    truncateSync(at.file, 5_000_000_000);
    expect(await at.driver.mark('hv-1')).toMatchObject({ kind: 'unreadable' });
    expect((await at.driver.read('hv-1', expectedSet(first.objects))).kind).toBe('unreadable');
    await at.driver.apply('hv-1', wholeSet(next));
    await expectHolds(at, next);
  });
});
