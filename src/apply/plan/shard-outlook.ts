import { appliedShard, type AppliedShard } from '../../../projections/applied/applied.ts';
import { dueBounds } from '../../../projections/bounds/bounds.ts';
import type { Scope } from '../../../projections/intended/consents.ts';
import type { Intended } from '../../../projections/intended/intended.ts';
import { deltaAt, deltaOf, differsAt, type Delta } from '../../overlay/delta.ts';
import type { Estate } from '../../projector/estate-projection.ts';
import { ShardTranslation, type Judgement } from '../../translate/shard-translation.ts';

/** How the next set of a shard's hosts differs from the set that was planned last. */
export interface Outlook {
  readonly delta: Delta;
}

/** An estate that is only thought of: the state that the present one would become, and whom the change concerns. */
export interface Thought {
  readonly after: Intended;
  /** Undefined if the change concerns everyone. */
  readonly scope: Scope | undefined;
}

/** Cached per Intended object: planning again costs only what changed since. */
const kept = new WeakMap<Intended, Map<string, KeptOutlook>>();

/** The next set of a shard's hosts, by an estate judged at an instant. */
export function outlookOn(estate: Estate, of: { shard: string; at: string }): Outlook {
  return asKept(estate, of) ?? upToDate(estate, of).outlook();
}

/** The next set of a shard's hosts, by an estate that is only thought of. */
export function outlookAfter(
  estate: Estate,
  { after, scope }: Thought,
  of: { shard: string; at: string },
): Outlook {
  const judgement = { intended: after, at: of.at };
  if (scope !== undefined) return upToDate(estate, of).after(judgement, scope);
  const translation = ShardTranslation.of(of.shard, judgement);
  const applied = appliedShard(estate.applied, of.shard);
  return { delta: deltaOf(applied.objects, translation.objects()) };
}

/** What the estate was kept with, as long as nothing of it was touched: no translation is needed. Undefined otherwise. */
function asKept(estate: Estate, { shard, at }: { shard: string; at: string }): Outlook | undefined {
  const { set, changes } = appliedShard(estate.applied, shard);
  const { desired } = set;
  if (desired === undefined || at < desired.judgedAt || estate.intended.changes.end > 0) return undefined;
  const planned = changes.since(0);
  if (planned === undefined || dueBounds(estate.bounds, at).length > 0) return undefined;
  // Mostly nothing differs, and no object is asked for.
  const before = { get: (key: string) => set.objects.get(key) };
  const after = { get: (key: string) => desired.at(key, set.objects) };
  return { delta: deltaAt(new Set([...planned, ...desired.differing()]), { before, after }) };
}

function upToDate(estate: Estate, { shard, at }: { shard: string; at: string }): KeptOutlook {
  const shards = kept.get(estate.intended) ?? new Map<string, KeptOutlook>();
  kept.set(estate.intended, shards);
  const known = shards.get(shard);
  if (known?.follow(estate, at) === true) return known;
  const next = KeptOutlook.goingOn(estate, { shard, at }) ?? KeptOutlook.anew(estate, { shard, at });
  shards.set(shard, next);
  return next;
}

/** The instant at which a translation was judged, and the positions up to which it follows both states. */
interface Followed {
  readonly at: string;
  readonly intended: number;
  readonly applied: number;
}

/**
 * A translation, the keys at which it differs from the set planned last, and the positions up to which it has
 * followed both.
 */
class KeptOutlook {
  readonly #shard: string;
  /** Undefined before the first plan of the shard. */
  readonly #planned: AppliedShard | undefined;
  readonly #applied: AppliedShard;
  readonly #translation: ShardTranslation;
  readonly #differing: Set<string>;
  #at: string;
  #intendedSeen: number;
  #appliedSeen: number;

  private constructor(
    estate: Estate,
    of: { shard: string; translation: ShardTranslation; differing: Iterable<string>; seen: Followed },
  ) {
    this.#shard = of.shard;
    this.#planned = estate.applied.shards.get(of.shard);
    this.#applied = appliedShard(estate.applied, of.shard);
    this.#translation = of.translation;
    this.#differing = new Set(of.differing);
    this.#at = of.seen.at;
    this.#intendedSeen = of.seen.intended;
    this.#appliedSeen = of.seen.applied;
  }

  static anew(estate: Estate, { shard, at }: { shard: string; at: string }): KeptOutlook {
    const applied = appliedShard(estate.applied, shard);
    const translation = ShardTranslation.of(shard, { intended: estate.intended, at });
    const differing = differingKeys(translation, applied);
    const seen = { at, intended: estate.intended.changes.end, applied: applied.changes.end };
    return new KeptOutlook(estate, { shard, translation, differing, seen });
  }

  /**
   * Goes on from what the shard was to hold where the estate was kept, at the first position of both states. Undefined where
   * that is not known, or what came since is too much to follow.
   */
  static goingOn(estate: Estate, { shard, at }: { shard: string; at: string }): KeptOutlook | undefined {
    const { intended, applied } = estate;
    const set = applied.shards.get(shard)?.set;
    if (set?.desired === undefined || intended.changes.since(0) === undefined) return undefined;
    const { hosts } = intended.directory;
    const translation = ShardTranslation.thatCameTo(set.desired.objects(set.objects), { shard, hosts });
    if (translation === undefined) return undefined;
    const seen = { at: set.desired.judgedAt, intended: 0, applied: 0 };
    const differing = set.desired.differing();
    const outlook = new KeptOutlook(estate, { shard, translation, differing, seen });
    return outlook.follow(estate, at) ? outlook : undefined;
  }

  /** Follows the changes since the last call. False if they are too many to follow. */
  follow(estate: Estate, at: string): boolean {
    const { intended } = estate;
    const touched = intended.changes.since(this.#intendedSeen);
    const planned = this.#applied.changes.since(this.#appliedSeen);
    const isSame = estate.applied.shards.get(this.#shard) === this.#planned;
    if (touched === undefined || planned === undefined || at < this.#at || !isSame) return false;
    const passing = dueBounds(estate.bounds, at).map(({ passed }) => passed.tenant);
    const keys = this.#translation.follow({ intended, at }, new Set([...touched, ...passing]));
    for (const key of [...keys, ...planned]) {
      if (this.#differs(key)) this.#differing.add(key);
      else this.#differing.delete(key);
    }
    this.#at = at;
    this.#intendedSeen = intended.changes.end;
    this.#appliedSeen = this.#applied.changes.end;
    return true;
  }

  outlook(): Outlook {
    const [before, after] = [this.#applied.objects, this.#translation];
    return { delta: deltaAt(this.#differing, { before, after }) };
  }

  after(judgement: Judgement, scope: Scope): Outlook {
    const after = this.#translation.copy();
    const keys = new Set([...this.#differing, ...after.follow(judgement, scope)]);
    return { delta: deltaAt(keys, { before: this.#applied.objects, after }) };
  }

  #differs(key: string): boolean {
    return differsAt(key, { before: this.#applied.objects, after: this.#translation });
  }
}

function differingKeys(after: ShardTranslation, { objects: before }: AppliedShard): string[] {
  const sets = { before, after };
  const gone = before.keys().filter((key) => after.get(key) === undefined);
  return [...gone, ...Iterator.from(after.keys()).filter((key) => differsAt(key, sets))];
}
