import type { Lane } from '../../projections/isolation/judging/lanes.ts';

/** By what a lane is judged. */
export const laneWords = {
  intended: 'what the documents ask for',
  applied: 'what hosts acknowledged',
  observed: 'what hosts acknowledged, and what they were found to hold instead',
} as const satisfies Record<Lane, string>;
