/**
 * The most pairs of ends that the rules of one side, of one tenant to another end, may speak of: a pair counts for each rule.
 * What is granted, and what hosts hold for it, grows with that.
 */
export const rulePairsMax = 100_000;
