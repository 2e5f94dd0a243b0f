import { performance } from 'node:perf_hooks';

/** One run of a contender: does the work once, prepared and tidied up outside of what it times, and gives its figure. */
export type Run = () => number | Promise<number>;

interface Rounds {
  /** How many figures the median is taken of; 5 if left out. */
  readonly rounds?: number;
  /** How many rounds come before that and do not count; 1 if left out. */
  readonly warmUps?: number;
}

/** The median figure of each contender, by its name. */
export interface Figures {
  /** Throws a RangeError where no contender goes by the name. */
  readonly of: (name: string) => number;
  /** Undefined where no contender goes by the name: a peer that is not installed. */
  readonly ifAny: (name: string) => number | undefined;
}

/**
 * Runs contenders against each other: `const figures = await medians({ ours, floor }); figures.of('ours')`. They take
 * turns, every other round in reverse, so that whatever else the machine does meanwhile hits all of them alike: only
 * figures from one call are to be compared with each other.
 */
export async function medians(
  contenders: Readonly<Record<string, Run>>,
  { rounds = 5, warmUps = 1 }: Rounds = {},
): Promise<Figures> {
  const taken = Object.entries(contenders).map(([name, run]) => ({
    name,
    run,
    figures: new Array<number>(),
  }));
  for (let round = -warmUps; round < rounds; round += 1) {
    for (const { run, figures } of round % 2 === 0 ? taken : taken.toReversed()) {
      const figure = await run();
      if (round >= 0) figures.push(figure);
    }
  }
  const found = new Map(taken.map(({ name, figures }) => [name, median(figures)]));
  return { of: (name) => known(name, found), ifAny: (name) => found.get(name) };
}

/** The middle figure, or the mean of the two in the middle. Throws a RangeError where there is none. */
function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((one, other) => one - other);
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]];
  if (low === undefined || high === undefined) throw new RangeError('nothing was measured');
  return (low + high) / 2;
}

/** The figure that so great a part of all is not above: 0.5 for half of them. Throws a RangeError where there is none. */
export function percentile(figures: readonly number[], part: number): number {
  const sorted = figures.toSorted((one, other) => one - other);
  const found = sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)];
  if (found === undefined) throw new RangeError('nothing was measured');
  return found;
}

/** How long the work takes, in seconds. */
export async function secondsOf(work: () => unknown): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

/** How long the work takes, in milliseconds. */
export async function milliseconds(work: () => unknown): Promise<number> {
  return 1000 * (await secondsOf(work));
}

/** `count` things done by the work, per second. */
export async function perSecond(count: number, work: () => unknown): Promise<number> {
  return count / (await secondsOf(work));
}

function known(name: string, figures: ReadonlyMap<string, number>): number {
  const figure = figures.get(name);
  if (figure === undefined) throw new RangeError(`${name} was not measured`);
  return figure;
}
