/**
 * One line of a benchmark. `floor` is what the floor or peer named by `floorIs` reached in the same run on the same
 * work, in the unit of `value`; `ratio` is value / floor. `target` is what was asked for, as text; `met` whether it is
 * so. What a row does not have is null: a figure without a floor, a row without a target.
 */
export interface Row {
  readonly case: string;
  readonly value: number;
  readonly unit: string;
  readonly floor: number | null;
  readonly floorIs: string | null;
  readonly ratio: number | null;
  readonly target: string | null;
  readonly met: boolean | null;
}

/** A bound on the ratio to the floor, or on the value itself: at least, or at most, so much. */
export type Target =
  | { readonly of: 'ratio' | 'value'; readonly atLeast: number }
  | { readonly of: 'ratio' | 'value'; readonly atMost: number };

/** What was measured. `floor.value` is undefined for a peer that is not there: the row then says so, and has no ratio. */
export interface Measured {
  readonly case: string;
  readonly value: number;
  /** Of the value and of the floor: `entries/s`, `ms`, `MiB`. */
  readonly unit: string;
  readonly floor?: { readonly is: string; readonly value: number | undefined };
  readonly target?: Target;
}

/** The row of a measurement. Throws a RangeError for a target on a ratio where there is no floor at all. */
export function rowOf({ case: name, value, unit, floor, target }: Measured): Row {
  if (target?.of === 'ratio' && floor === undefined)
    throw new RangeError(`${name} has a target on a ratio, and no floor`);
  const ratio = floor?.value === undefined ? null : value / floor.value;
  const bounded = target?.of === 'ratio' ? ratio : value;
  return {
    case: name,
    value,
    unit,
    floor: floor?.value ?? null,
    floorIs: floor?.is ?? null,
    ratio,
    target: target === undefined ? null : textOf(target, unit),
    met: target === undefined || bounded === null ? null : isMet(target, bounded),
  };
}

function textOf(target: Target, unit: string): string {
  const bound = 'atLeast' in target ? `>= ${target.atLeast}` : `<= ${target.atMost}`;
  return target.of === 'ratio' ? bound : `${bound} ${unit}`;
}

function isMet(target: Target, value: number): boolean {
  return 'atLeast' in target ? value >= target.atLeast : value <= target.atMost;
}
