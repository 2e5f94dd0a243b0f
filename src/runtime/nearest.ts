import { closestMatch } from 'leven';

/**
 * The candidate nearest to a misspelt name: at most a third of its letters differ, or two neighbours changed places, which
 * counts as one. Undefined if none is near.
 */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  const known = [...candidates];
  const distanceMax = Math.max(1, Math.floor(name.length / 3));
  const closest = closestMatch(name, known, { maxDistance: 1 });
  return (
    closest ??
    known.find((candidate) => isSwapped(name, candidate)) ??
    closestMatch(name, known, { maxDistance: distanceMax })
  );
}

/** Whether two words differ in that two neighbouring letters changed places, as `prots` and `ports`. */
function isSwapped(one: string, other: string): boolean {
  if (one.length !== other.length) return false;
  let at = 0;
  while (at < one.length && one.charAt(at) === other.charAt(at)) at += 1;
  const swapped = `${one.slice(0, at)}${one.charAt(at + 1)}${one.charAt(at)}${one.slice(at + 2)}`;
  return swapped === other;
}
