import { keyOf, ofKind, type WrittenDocument } from '../../bench/estate/documents.ts';
import type { Estate } from '../../bench/estate/estate.ts';
import type { World } from '../world.ts';
import type { Changer } from './change.ts';
import type { Folder } from './folder.ts';
import { invalidFolder } from './invalid.ts';
import { prefixAroundEndpoints } from './outside.ts';
import { hostComes, hostGoes, shardChanges, shardComes, shardGoes } from './places.ts';
import { ordinary, ownSegments, revocation, timeBounds } from './policies.ts';
import { addressChanges, portsSwap } from './ports.ts';
import { segmentComes, segmentGoes, tenantComes, tenantGoes } from './tenants.ts';

/** Each as often as it stands here. */
const changers: readonly Changer[] = [
  ...[ordinary, ordinary, ordinary, ordinary, ordinary, ordinary, ordinary, ordinary],
  ...[timeBounds, timeBounds, timeBounds, revocation, ownSegments],
  ...[tenantGoes, tenantComes, tenantComes, segmentComes, segmentGoes],
  ...[hostGoes, hostComes, hostComes, shardGoes, shardComes, shardChanges],
  ...[addressChanges, portsSwap, prefixAroundEndpoints, prefixAroundEndpoints],
];

/** What a ledger begins with. */
export function firstEstate({ template: { documents } }: World): Folder {
  return { kind: 'first estate', words: 'the first estate', documents, isInvalid: false };
}

/** Some folder that somebody might apply now. */
export function chooseFolder(world: World): Folder {
  const { random } = world;
  const dice = random.next();
  if (dice < 0.1) return invalidFolder(estateOf(world), random);
  if (dice < 0.15) return outdated(world);
  if (dice < 0.2) return ofOneTenant(world);
  return changed(world);
}

function estateOf(world: World): Estate {
  return { ...world.template, documents: world.expectation.now.documents };
}

function changed(world: World): Folder {
  const { random, clock } = world;
  const estate = estateOf(world);
  for (;;) {
    const change = random.pick(changers)(estate, random, clock.now());
    if (change === undefined || change.changed.some(givesTwice)) continue;
    const { kind, words, removes } = change;
    world.issued(change.estate);
    const isWhole = removes || random.chance(0.3);
    const documents = isWhole ? change.estate.documents : withSome(world, estate.documents, change.changed);
    const prune = removes || (isWhole && random.chance(0.5)) ? { prune: 'all' } : {};
    return { kind, words, documents, ...prune, isInvalid: false };
  }
}

/**
 * Whether a document lists something twice. Those who change an estate at the same time give out the same numbers: where one of them
 * was recorded already, the other would write what cannot be read.
 */
function givesTwice(document: WrittenDocument): boolean {
  if (document.kind === 'External') return hasTwice(document.cidrs);
  if (document.kind !== 'Endpoints') return false;
  const { endpoints } = document;
  return (
    hasTwice(endpoints.map(({ name }) => name)) ||
    hasTwice(endpoints.map(({ host, interface: port }) => `${host} ${port}`)) ||
    hasTwice(endpoints.flatMap(({ ip }) => ip)) ||
    hasTwice(endpoints.map(({ mac }) => mac))
  );
}

function hasTwice(all: readonly string[]): boolean {
  return new Set(all).size < all.length;
}

/** What changed, and some that did not. */
function withSome(
  { random }: World,
  before: readonly WrittenDocument[],
  changed: readonly WrittenDocument[],
): WrittenDocument[] {
  const replaced = new Set(changed.map(keyOf));
  const others = before.filter((document) => !replaced.has(keyOf(document)) && random.chance(0.2));
  return [...others, ...changed];
}

/** What somebody still has on disk from some time ago. */
function outdated({ expectation, random }: World): Folder {
  const { documents, seq } = random.pick(expectation.editions);
  const words = `what was in force at ${String(seq)}`;
  const prune = random.chance(0.4) ? { prune: 'all' } : {};
  return { kind: 'outdated', words, documents, ...prune, isInvalid: false };
}

/** A tenant's own folder, from which one of its documents is gone. */
function ofOneTenant(world: World): Folder {
  const { expectation, random } = world;
  const { documents } = expectation.now;
  const tenants = ofKind(documents, 'Tenant');
  if (tenants.length === 0) return changed(world);
  const { tenant } = random.pick(tenants);
  const own = documents.filter((document) => 'tenant' in document && document.tenant === tenant);
  const left = own.toSpliced(random.below(own.length), 1);
  // A folder without any document is an error of its own, which is not what is looked at here.
  if (left.length === 0) return changed(world);
  const words = `${tenant}'s own, without one of its documents`;
  return { kind: 'of one tenant', words, documents: left, prune: tenant, isInvalid: false };
}
