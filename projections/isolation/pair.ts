/** A pair of ends, from one segment or external to another. */
export interface Pair {
  readonly from: string;
  readonly to: string;
}

/**
 * A text that tells pairs of ends, or of VNIs, apart. Names of ends have no space, and all of their characters sort
 * after a space. So keys of ends sort by from, then by to, in code point order.
 */
export function pairKey({
  from,
  to,
}: {
  readonly from: string | number;
  readonly to: string | number;
}): string {
  return `${from} ${to}`;
}
