import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalText } from '../../../../events/codec/canonical.ts';
import type { HeldSet } from '../../port.ts';
import type { BundleRefused } from './ofctl.ts';
import type { SwitchGroup } from './openflow-messages.ts';
import type { BridgeOwner } from './owner.ts';

/**
 * A bridge is marked by three groups, through which no packet goes. One has a fixed number and says in a note what the bridge
 * holds. Two have numbers that come from that text, and are the fence: in a bundle, changing a group that is not there and
 * adding one that is there both fail, and with them the whole bundle. So a change that leads on from a mark is taken only
 * where that mark is, however many writers there are. A switch that lost its flows lost its groups with them.
 */
const markGroup = 0x150e_0000;

/** How notes begin. A switch pads them with zero bytes. */
const markWord = 'isoledger mark ';
const fenceWord = 'isoledger fence';

const markText = z.strictObject({
  ledger: z.string(),
  shard: z.string(),
  plan: z.int().min(0),
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  objects: z.int().min(0),
});

/** Whom a bridge says that it belongs to, and what it holds. */
export type MarkText = z.infer<typeof markText>;

/** The mark of a bridge. `groups` are the numbers of all groups of ours, of which it is made. */
export type SwitchMark =
  | { readonly kind: 'nothing'; readonly groups: readonly [] }
  | { readonly kind: 'unreadable'; readonly problem: string; readonly groups: readonly number[] }
  | { readonly kind: 'marked'; readonly mark: MarkText; readonly groups: readonly number[] };

/** Reads the mark among the groups of a bridge. Groups of others do not matter. */
export function readMark(found: readonly SwitchGroup[]): SwitchMark {
  const ours = found.map(({ id, notes }) => ({ id, text: textOf(notes) })).filter(isOurs);
  if (ours.length === 0) return { kind: 'nothing', groups: [] };
  const groups = ours.map(({ id }) => id);
  const marks = ours.filter(({ id }) => id === markGroup);
  const [text] = marks.map(({ text }) => text);
  if (text === undefined) return { kind: 'unreadable', problem: 'the group of the mark is missing', groups };
  const mark = readMarkText(text);
  if (mark === undefined)
    return { kind: 'unreadable', problem: 'the group of the mark does not hold one', groups };
  const fence = groups.filter((id) => id !== markGroup);
  const expected = fenceOfMark(mark);
  const isWhole = fence.length === expected.length && expected.every((id) => fence.includes(id));
  return isWhole
    ? { kind: 'marked', mark, groups }
    : { kind: 'unreadable', problem: 'the groups beside the mark are not those that belong to it', groups };
}

/** A mark as it is written down where there are no groups. */
export function markWords(mark: MarkText): string {
  return canonicalText(mark);
}

/** Undefined for what is no mark. */
export function readMarkWords(text: string): MarkText | undefined {
  try {
    return markText.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/**
 * The lines of a bundle that make one mark of another. The whole bundle fails unless the bridge is marked as it was read
 * (see isFenceLost).
 */
export function markLines(from: SwitchMark, to: MarkText): string[] {
  const old = from.groups.filter((id) => id !== markGroup);
  return [
    `group ${from.groups.some((id) => id === markGroup) ? 'modify' : 'add'} ${groupOf(markGroup, `${markWord}${markWords(to)}`)}`,
    ...old.map((id) => `group modify ${groupOf(id, fenceWord)}`),
    ...old.map((id) => `group delete group_id=${String(id)}`),
    ...fenceOfMark(to).map((id) => `group add ${groupOf(id, fenceWord)}`),
  ];
}

/** Whether a bundle failed because the bridge is not marked any more as it was read. */
export function isFenceLost({ errors }: BundleRefused): boolean {
  return errors.some(({ name }) => name === 'OFPGMFC_UNKNOWN_GROUP' || name === 'OFPGMFC_GROUP_EXISTS');
}

/** The numbers of the fence of a mark: two parts of its SHA-256, of 30 bits each, in ranges of their own. */
function fenceOfMark(mark: MarkText): number[] {
  const digest = createHash('sha256').update(markWords(mark)).digest();
  return [
    0x4000_0000 + (digest.readUInt32BE(0) % 0x4000_0000),
    0x8000_0000 + (digest.readUInt32BE(4) % 0x4000_0000),
  ];
}

function isOurs({ id, text }: { id: number; text: string }): boolean {
  return id === markGroup || text.startsWith(markWord) || text.startsWith(fenceWord);
}

function textOf(notes: readonly Buffer[]): string {
  return Buffer.concat(notes).toString('utf8').replace(/\0+$/, '');
}

function readMarkText(text: string): MarkText | undefined {
  return text.startsWith(markWord) ? readMarkWords(text.slice(markWord.length)) : undefined;
}

function groupOf(id: number, note: string): string {
  const bytes = Array.from(Buffer.from(note), (byte) => byte.toString(16).padStart(2, '0')).join('.');
  return `group_id=${String(id)},type=all,bucket=actions=note:${bytes}`;
}

/** What a mark says of a set. */
export function heldOf({ plan, digest, objects }: MarkText): HeldSet {
  return { plan, digest, objects };
}

export function markOfOwner({ ledger, shard }: BridgeOwner, { plan, digest, objects }: HeldSet): MarkText {
  return { ledger, shard, plan, digest, objects };
}
