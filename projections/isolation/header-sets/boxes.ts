import { families, type AddressSet } from './addresses.ts';
import * as intervals from './intervals.ts';
import * as traffic from './traffic.ts';

/** All packets of the traffic, from one of the sources to one of the destinations. */
export interface Box {
  readonly src: AddressSet;
  readonly dst: AddressSet;
  readonly traffic: traffic.Traffic;
}

/** The packets of a box as boxes of one address family each, since no packet mixes families. No box is empty. */
export function byFamily(box: Box): Box[] {
  const parts: Box[] = [];
  if (isEmpty(box)) return parts;
  for (const family of families) {
    const src = intervals.intersect(box.src, family);
    const dst = intervals.intersect(box.dst, family);
    if (src.length === 0 || dst.length === 0) continue;
    parts.push(src === box.src && dst === box.dst ? box : { src, dst, traffic: box.traffic });
  }
  return parts;
}

/** The packets that are in one of the boxes and not in `cut`. A box without any of its packets stays as it is. */
export function without(boxes: readonly Box[], cut: Box): readonly Box[] {
  const rest: Box[] = [];
  for (const box of boxes) {
    const src = intervals.intersect(box.src, cut.src);
    const dst = intervals.intersect(box.dst, cut.dst);
    if (isEmpty({ src, dst, traffic: traffic.intersect(box.traffic, cut.traffic) })) {
      rest.push(box);
      continue;
    }
    // They share packets, so that none of these is empty but by what is left of its own.
    const otherSrc = intervals.subtract(box.src, cut.src);
    if (otherSrc.length > 0) rest.push({ ...box, src: otherSrc });
    const otherDst = intervals.subtract(box.dst, cut.dst);
    if (otherDst.length > 0) rest.push({ ...box, src, dst: otherDst });
    const otherTraffic = traffic.subtract(box.traffic, cut.traffic);
    if (!traffic.isNothing(otherTraffic)) rest.push({ src, dst, traffic: otherTraffic });
  }
  return rest;
}

/** The packets that are in one of the boxes and in none of the cuts. */
export function withoutAll(boxes: readonly Box[], cuts: readonly Box[]): readonly Box[] {
  let rest = boxes;
  for (const cut of cuts) rest = without(rest, cut);
  return rest;
}

/** The packets that are in one box of each list. */
export function common(left: readonly Box[], right: readonly Box[]): Box[] {
  return left.flatMap((one) =>
    right
      .map((other) => ({
        src: intervals.intersect(one.src, other.src),
        dst: intervals.intersect(one.dst, other.dst),
        traffic: traffic.intersect(one.traffic, other.traffic),
      }))
      .filter((box) => !isEmpty(box)),
  );
}

/** The packets of boxes that are of a traffic, whatever their addresses. */
export function ofTraffic(boxes: readonly Box[], wanted: traffic.Traffic): Box[] {
  return boxes
    .map((box) => ({ ...box, traffic: traffic.intersect(box.traffic, wanted) }))
    .filter((box) => !isEmpty(box));
}

/** The packets of boxes that are not of a traffic, whatever their addresses. */
export function notOfTraffic(boxes: readonly Box[], unwanted: traffic.Traffic): Box[] {
  return boxes
    .map((box) => ({ ...box, traffic: traffic.subtract(box.traffic, unwanted) }))
    .filter((box) => !isEmpty(box));
}

function isEmpty(box: Box): boolean {
  return box.src.length === 0 || box.dst.length === 0 || traffic.isNothing(box.traffic);
}
