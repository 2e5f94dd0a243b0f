/**
 * A set of points on a line as a strictly increasing list of bounds: `[a, b, c, d]` holds x where a <= x < b or
 * c <= x < d. Every set has exactly one such list, so equal sets are equal lists.
 */
export type Intervals<Point extends number | bigint> = readonly Point[];

export function union<Point extends number | bigint>(
  left: Intervals<Point>,
  right: Intervals<Point>,
): Intervals<Point> {
  if (left.length === 0) return right;
  if (right.length === 0) return left;
  return combine(left, right, (inLeft, inRight) => inLeft || inRight);
}

export function intersect<Point extends number | bigint>(
  left: Intervals<Point>,
  right: Intervals<Point>,
): Intervals<Point> {
  if (lieApart(left, right)) return [];
  if (sameSet(left, right)) return left;
  return combine(left, right, (inLeft, inRight) => inLeft && inRight);
}

/** The points of `left` that are not in `right`. */
export function subtract<Point extends number | bigint>(
  left: Intervals<Point>,
  right: Intervals<Point>,
): Intervals<Point> {
  if (lieApart(left, right)) return left;
  if (sameSet(left, right)) return [];
  return combine(left, right, (inLeft, inRight) => inLeft && !inRight);
}

/** True if one set ends before the other begins, or is empty. Most sets that meet lie apart, or are the same. */
function lieApart<Point extends number | bigint>(left: Intervals<Point>, right: Intervals<Point>): boolean {
  return endsBefore(left, right) || endsBefore(right, left);
}

function endsBefore<Point extends number | bigint>(one: Intervals<Point>, other: Intervals<Point>): boolean {
  const [end, first] = [one[one.length - 1], other[0]];
  return end === undefined || first === undefined || end <= first;
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
  if (ranges.length < 2) return { once: ranges.flat(), twice: [] };
  const steps = ranges.flatMap(([first, end]) => [
    { at: first, by: 1 },
    { at: end, by: -1 },
  ]);
  steps.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  const once: Point[] = [];
  const twice: Point[] = [];
  let depth = 0;
  steps.forEach(({ at, by }, index) => {
    depth += by;
    if (steps[index + 1]?.at === at) return;
    if (depth >= 1 !== (once.length % 2 === 1)) once.push(at);
    if (depth >= 2 !== (twice.length % 2 === 1)) twice.push(at);
  });
  return { once, twice };
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

export function sameSet<Point extends number | bigint>(
  left: Intervals<Point>,
  right: Intervals<Point>,
): boolean {
  return (
    left === right || (left.length === right.length && left.every((bound, index) => bound === right[index]))
  );
}
