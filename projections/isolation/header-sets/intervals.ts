/**
 * A set of points on a line as a strictly increasing list of bounds: `[a, b, c, d]` holds x where a <= x < b or
 * c <= x < d. Every set has exactly one such list, so equal sets are equal lists.
 */
export type Intervals<Point extends number | bigint> = readonly Point[];

export function union<Point extends number | bigint>(
  left: Intervals<Point>,
  right: Intervals<Point>,
): Intervals<Point> {
  if (isWithin(left, right)) return right;
  if (isWithin(right, left)) return left;
  return combine(left, right, (inLeft, inRight) => inLeft || inRight);
}

export function intersect<Point extends number | bigint>(
  left: Intervals<Point>,
  right: Intervals<Point>,
): Intervals<Point> {
  if (lieApart(left, right)) return [];
  if (isWithin(left, right)) return left;
  if (isWithin(right, left)) return right;
  return combine(left, right, (inLeft, inRight) => inLeft && inRight);
}

/** The points of `left` that are not in `right`. */
export function subtract<Point extends number | bigint>(
  left: Intervals<Point>,
  right: Intervals<Point>,
): Intervals<Point> {
  if (lieApart(left, right)) return left;
  if (isWithin(left, right)) return [];
  return combine(left, right, (inLeft, inRight) => inLeft && !inRight);
}

/** True if one set ends before the other begins, or is empty. */
function lieApart<Point extends number | bigint>(left: Intervals<Point>, right: Intervals<Point>): boolean {
  return endsBefore(left, right) || endsBefore(right, left);
}

function endsBefore<Point extends number | bigint>(one: Intervals<Point>, other: Intervals<Point>): boolean {
  const end = one[one.length - 1];
  const first = other[0];
  return end === undefined || first === undefined || end <= first;
}

/**
 * True if a set is the other one, or one range of the other holds all of it. Of others within each other it does not tell: most
 * sets lie apart or so, and need not be walked.
 */
function isWithin<Point extends number | bigint>(inner: Intervals<Point>, outer: Intervals<Point>): boolean {
  const first = inner[0];
  const end = inner[inner.length - 1];
  if (first === undefined || end === undefined || sameSet(inner, outer)) return true;
  const place = placeOf(first, outer);
  const outerEnd = outer[place];
  return place % 2 === 1 && outerEnd !== undefined && end <= outerEnd;
}

/** How many bounds of a set are not after a point: an odd number has it inside. */
function placeOf<Point extends number | bigint>(point: Point, set: Intervals<Point>): number {
  let [low, high] = [0, set.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const bound = set[middle];
    if (bound !== undefined && bound <= point) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function includes<Point extends number | bigint>(set: Intervals<Point>, point: Point): boolean {
  return placeOf(point, set) % 2 === 1;
}

/** Walks both lists from left to right and writes a bound wherever membership of the result changes. */
function combine<Point extends number | bigint>(
  left: Intervals<Point>,
  right: Intervals<Point>,
  keep: (inLeft: boolean, inRight: boolean) => boolean,
): Point[] {
  const result: Point[] = [];
  let leftPassed = 0;
  let rightPassed = 0;
  for (;;) {
    const leftNext = left[leftPassed];
    const rightNext = right[rightPassed];
    const next = lesser(leftNext, rightNext);
    if (next === undefined) return result;
    if (leftNext === next) leftPassed += 1;
    if (rightNext === next) rightPassed += 1;
    // An odd number of bounds passed means inside; an odd number written means that the result is inside.
    const inside = keep(leftPassed % 2 === 1, rightPassed % 2 === 1);
    if (inside !== (result.length % 2 === 1)) result.push(next);
  }
}

function lesser<Point extends number | bigint>(
  left: Point | undefined,
  right: Point | undefined,
): Point | undefined {
  if (left === undefined) return right;
  if (right === undefined) return left;
  return left < right ? left : right;
}

/** The points in at least one of the ranges `[first, end)`, and the points in at least two. */
export function coverage<Point extends number | bigint>(
  ranges: readonly (readonly [first: Point, end: Point])[],
): { readonly once: Intervals<Point>; readonly twice: Intervals<Point> } {
  const [only = []] = ranges;
  if (ranges.length < 2) return { once: only, twice: [] };
  const once: Point[] = [];
  const twice: Point[] = [];
  for (const [first, end] of ranges.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) {
    // All before it begin where it does or earlier: it shares with them what is up to the last of their ends.
    const covered = once[once.length - 1];
    if (covered !== undefined && first < covered) append(twice, first, end < covered ? end : covered);
    append(once, first, end);
  }
  return { once, twice };
}

/** Adds a range that begins where the last one of a set does or later. */
function append<Point extends number | bigint>(set: Point[], first: Point, end: Point): void {
  const last = set[set.length - 1];
  if (last === undefined || last < first) set.push(first, end);
  else if (last < end) set[set.length - 1] = end;
}

/** The ranges `[first, end)` that a set consists of. */
export function rangesOf<Point extends number | bigint>(
  set: Intervals<Point>,
): (readonly [first: Point, end: Point])[] {
  const ranges: (readonly [Point, Point])[] = [];
  let first: Point | undefined;
  for (const bound of set) {
    if (first === undefined) first = bound;
    else {
      ranges.push([first, bound]);
      first = undefined;
    }
  }
  return ranges;
}

export function unionOf<Point extends number | bigint>(sets: Iterable<Intervals<Point>>): Intervals<Point> {
  let all: Intervals<Point> = [];
  for (const set of sets) all = union(all, set);
  return all;
}

export function sameSet<Point extends number | bigint>(
  left: Intervals<Point>,
  right: Intervals<Point>,
): boolean {
  return (
    left === right || (left.length === right.length && left.every((bound, index) => bound === right[index]))
  );
}
