import { z } from 'zod';
import { gapKey, type Gap } from '../../../projections/isolation/hosts/gap.ts';

/** How one list of gaps becomes the next one: whole, or by what goes (places in the former list) and what comes (places in the new one). */
export type GapEdit =
  | { readonly all: readonly Gap[] }
  | { readonly cut: readonly number[]; readonly put: readonly (readonly [place: number, gap: Gap])[] };

/** What the index itself wrote, which its digests say. */
export const gapEdit = z.custom<GapEdit>();

/** The list after an edit. */
export function edited(before: readonly Gap[], edit: GapEdit): readonly Gap[] {
  if ('all' in edit) return edit.all;
  const cut = new Set(edit.cut);
  const gaps = before.filter((_, place) => !cut.has(place));
  for (const [place, gap] of edit.put) gaps.splice(place, 0, gap);
  return gaps;
}

/** So many edits there may be, and as many more as the list is long, before one is written whole. */
const editsMin = 16;

/** The gaps of a state, and how many edits led to them from a list that was written whole, or from none. */
export interface WrittenGaps {
  readonly gaps: readonly Gap[];
  readonly sinceWhole: number;
}

/** Writes the gaps of a state as edits. Where many were written since the last whole list, the list is written whole. */
export class GapWriter {
  #gaps: readonly Gap[];
  #text: string;
  #sinceWhole: number;

  /** Goes on from gaps that were written with so many edits since the last whole list. */
  constructor({ gaps, sinceWhole }: WrittenGaps = { gaps: [], sinceWhole: 0 }) {
    [this.#gaps, this.#sinceWhole] = [gaps, sinceWhole];
    this.#text = JSON.stringify(gaps);
  }

  /** The edit that leads to these gaps; undefined where nothing is other than before. Their order counts. */
  next(list: readonly Gap[]): GapEdit | undefined {
    if (list.length === 0 && this.#gaps.length === 0) return undefined;
    const gaps = [...new Map(list.map((gap) => [gapKey(gap), gap])).values()];
    const text = JSON.stringify(gaps);
    if (text === this.#text) return undefined;
    const edit = this.#isWholeDue(gaps) ? undefined : editOf(this.#gaps, gaps);
    this.#sinceWhole = edit === undefined ? 0 : this.#sinceWhole + 1;
    [this.#gaps, this.#text] = [gaps, text];
    return edit ?? { all: gaps };
  }

  #isWholeDue(gaps: readonly Gap[]): boolean {
    return this.#sinceWhole >= editsMin + gaps.length;
  }
}

/** Undefined where what stays comes in another order. */
function editOf(before: readonly Gap[], after: readonly Gap[]): GapEdit | undefined {
  const [former, present] = [before, after].map((gaps) => new Set(gaps.map(gapKey)));
  if (former === undefined || present === undefined) return undefined;
  const stays = before.filter((gap) => present.has(gapKey(gap)));
  const stayed = after.filter((gap) => former.has(gapKey(gap)));
  if (stays.some((gap, place) => gapKey(gap) !== gapKeyOf(stayed[place]))) return undefined;
  return {
    cut: before.flatMap((gap, place) => (present.has(gapKey(gap)) ? [] : [place])),
    put: after.flatMap((gap, place) => (former.has(gapKey(gap)) ? [] : [[place, gap] as const])),
  };
}

function gapKeyOf(gap: Gap | undefined): string | undefined {
  return gap && gapKey(gap);
}
