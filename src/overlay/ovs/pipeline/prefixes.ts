import type { BindingObject } from '../../../../events/overlay-objects.ts';
import { cidrPrefix, type Prefix } from './spelling.ts';

/** A prefix, and whose addresses those are that no longer prefix of the same list holds. */
export interface OwnedPrefix {
  readonly prefix: Prefix;
  /** Undefined: nobody's. */
  readonly owner: BindingObject | undefined;
}

interface PrefixClaim {
  readonly binding: BindingObject;
  readonly own: readonly Prefix[];
  readonly except: readonly Prefix[];
}

/**
 * Divides addresses among externals: to whom those belong that a prefix holds and no longer one of the list. Of several
 * that own it, which no plan has, it is the first by name.
 */
export function ownedPrefixes(externals: Iterable<BindingObject>): OwnedPrefix[] {
  const claims = Array.from(externals)
    .sort((a, b) => (a.endpoint < b.endpoint ? -1 : 1))
    .map(claimOf);
  const prefixes = new Map(
    claims
      .flatMap(({ own, except }) => [...own, ...except])
      .map((prefix) => [`${String(prefix.family)} ${prefix.text}`, prefix]),
  );
  return Array.from(prefixes.values(), (prefix) => ({
    prefix,
    owner: claims.find((claim) => owns(claim, prefix))?.binding,
  }));
}

/** Externals are asked for their prefixes once for each network that finds them. */
const knownClaims = new WeakMap<BindingObject, PrefixClaim>();

function claimOf(binding: BindingObject): PrefixClaim {
  const known = knownClaims.get(binding) ?? {
    binding,
    own: prefixesOf(binding.ips),
    except: prefixesOf(binding.except ?? []),
  };
  knownClaims.set(binding, known);
  return known;
}

function owns({ own, except }: PrefixClaim, prefix: Prefix): boolean {
  const longest = longestAround(own, prefix);
  return longest >= 0 && longest >= longestAround(except, prefix);
}

/** The length of the longest of some prefixes that holds another one; -1 if none does. */
function longestAround(prefixes: readonly Prefix[], inner: Prefix): number {
  return Math.max(-1, ...prefixes.filter((outer) => holds(outer, inner)).map(({ length }) => length));
}

function holds({ range: outer }: Prefix, { range: inner }: Prefix): boolean {
  return outer.family === inner.family && outer.first <= inner.first && inner.last <= outer.last;
}

function prefixesOf(texts: readonly string[]): Prefix[] {
  return texts.map((text) => cidrPrefix(text)).filter((prefix) => prefix !== undefined);
}
