import {
  digestOfObjects,
  keyOf,
  objectsByKey,
  type GrantAcl,
  type OverlayObject,
} from '../../events/overlay-objects.ts';
import { changeApplied } from '../../events/overlay.ts';
import { sync } from '../../src/apply/drive/sync.ts';
import type { AppendRequest, AppendResult, Ledger } from '../../src/ledger/port.ts';
import { deltaOf, objectsAfter } from '../../src/overlay/delta.ts';
import type { HeldSet, Mark, OverlayDriver } from '../../src/overlay/port.ts';
import { verify } from '../../src/verify/verify.ts';
import { MemoryLedger } from '../doubles/memory-ledger.ts';
import { nothingExpected } from '../support/host-change.ts';
import { soundParts, type Parts } from './settings.ts';

/** A ledger that says of every twentieth batch that it is there, and has not kept it. */
class ForgetfulLedger extends MemoryLedger {
  #appends = 0;

  override async append(request: AppendRequest): Promise<AppendResult> {
    this.#appends += 1;
    if (this.#appends % 20 !== 0) return super.append(request);
    const { size } = await this.head();
    return { first: size, last: size + request.events.length - 1, duplicate: false };
  }
}

/** A ledger that appends whatever has changed meanwhile. */
class HeedlessLedger extends MemoryLedger {
  override append(request: AppendRequest): Promise<AppendResult> {
    return super.append({ ...request, conditions: [] });
  }
}

/** A driver that leaves the grants that are to go where they are, and reports that they are gone. */
function keepingGrants(): Parts['driver'] {
  const told = new Map<string, { mark: Mark; objects: ReadonlyMap<string, OverlayObject> }>();
  return (hosts) => {
    const heldBy = async (host: string): Promise<readonly OverlayObject[]> => {
      const reading = await hosts.read(host, nothingExpected);
      return reading.kind === 'objects' ? reading.delta.put : [];
    };
    return {
      ...hosts,
      read: async (host, expected) => {
        const reading = await hosts.read(host, expected);
        const state = told.get(host);
        const isAsTold = reading.kind === 'objects' && state?.mark.plan === reading.mark.plan;
        if (!isAsTold) return reading;
        const { mark, objects } = state;
        const found = [...objects.values()];
        const delta = deltaOf(expected.objects, found);
        return { kind: 'objects', mark, digest: digestOfObjects(found), objects: objects.size, delta };
      },
      apply: async (host, change) => {
        const held = await heldBy(host);
        const isWhole = typeof change.from === 'string';
        const asTold = objectsAfter(
          isWhole ? new Map() : (told.get(host)?.objects ?? objectsByKey(held)),
          change,
        );
        const stay = held.filter((object) => object.kind === 'acl' && !asTold.has(keyOf(object)));
        const removed = change.removed.filter((key) => !key.startsWith('acl/'));
        const holding = await hosts.apply(host, { ...change, removed, put: [...change.put, ...stay] });
        told.set(host, { mark: holding, objects: asTold });
        return holding;
      },
    };
  };
}

/** A driver that lets everything by between two ends that may talk at all, until it is done. */
function hasty(hosts: OverlayDriver): OverlayDriver {
  return {
    ...hosts,
    apply: async (host, change) => {
      const put = change.put.map((object): OverlayObject => {
        if (object.kind !== 'acl' || object.tier !== 'grant') return object;
        const wide: GrantAcl = { ...object, protocol: 'any' };
        delete wide.ports;
        return wide;
      });
      await hosts.apply(host, { ...change, put });
      // A host that is marked with what a change leads to takes it again.
      return hosts.apply(host, change);
    },
  };
}

/** A driver that reports what it was given, and changes nothing. */
function idle(hosts: OverlayDriver): OverlayDriver {
  return {
    ...hosts,
    apply: (_host, { plan, digest, objects }) => Promise.resolve({ plan, digest, objects }),
  };
}

/** A driver that takes a change from whatever mark the host has. */
function heedlessOfMarks(hosts: OverlayDriver): OverlayDriver {
  return {
    ...hosts,
    apply: async (host, change) => {
      const mark = await hosts.mark(host);
      if (typeof change.from === 'string') return hosts.apply(host, change);
      return hosts.apply(host, { ...change, from: mark.kind === 'marked' ? mark : 'anything' });
    },
  };
}

/** A driver that asks no host for its mark that it has driven. */
function rememberingMarks(): Parts['driver'] {
  const told = new Map<string, HeldSet>();
  return (hosts) => ({
    ...hosts,
    mark: async (host) => {
      const holding = told.get(host);
      return holding === undefined ? hosts.mark(host) : { kind: 'marked', ...holding };
    },
    apply: async (host, change) => {
      const holding = await hosts.apply(host, change);
      told.set(host, holding);
      return holding;
    },
  });
}

/** A driver that finds at a host what its mark says. */
function trustingMarks(hosts: OverlayDriver): OverlayDriver {
  return {
    ...hosts,
    read: async (host) => {
      const mark = await hosts.mark(host);
      if (mark.kind !== 'marked') return mark;
      const { plan, digest, objects } = mark;
      return { kind: 'objects', mark: { plan, digest }, digest, objects, delta: { put: [], removed: [] } };
    },
  };
}

/** An applier that says of every host that it was seen whole just now. */
const vouching: Parts['sync'] = (request, from) => {
  const { ledger, clock } = request;
  const vouched: Ledger = {
    id: ledger.id,
    capabilities: ledger.capabilities,
    read: (range) => ledger.read(range),
    subscribe: (options) => ledger.subscribe(options),
    head: () => ledger.head(),
    close: () => ledger.close(),
    append: (asked) => {
      const events = asked.events.map((event) =>
        event.type === 'ChangeApplied'
          ? { ...event, data: { ...changeApplied.parse(event.data), seenWhole: clock.now() } }
          : event,
      );
      return ledger.append({ ...asked, events });
    },
  };
  return sync({ ...request, ledger: vouched }, from);
};

/** An applier that never reads a whole host. */
const believingMarks: Parts['sync'] = (request, from) => sync({ ...request, reads: 'marks' }, from);

/** An applier that has always just taken away everything that is to be taken away. */
const withoutRestrictions: Parts['sync'] = (request, from) => {
  if (request.only === undefined) return sync(request, from);
  const nothingDone = {
    plan: 0,
    driven: [],
    upToDate: [],
    cleared: [],
    drifted: [],
    absent: [],
    refused: [],
  };
  const shards = (request.shards ?? []).map((shard) => ({ shard, ...nothingDone }));
  return Promise.resolve({ shards, estate: from });
};

/** An applier that does not look at the hosts of shards that are held. */
const heedlessOfHeld: Parts['sync'] = async (request, from) => {
  if (request.past !== undefined) return sync(request, from);
  const { applied, intended } = from.state;
  const { shards: present, formerShards } = intended.directory;
  const asked = request.shards ?? [...present.keys(), ...formerShards.keys()];
  const nothingDone = { driven: [], upToDate: [], cleared: [], drifted: [], absent: [], refused: [] };
  const left = asked.flatMap((shard) => {
    const { plan = 0, held } = applied.shards.get(shard) ?? {};
    return held === undefined ? [] : [{ shard, plan, held, ...nothingDone }];
  });
  const shards = asked.filter((shard) => left.every((each) => each.shard !== shard));
  const synced = await sync({ ...request, shards }, from);
  return { ...synced, shards: [...synced.shards, ...left] };
};

/** A verifier that never finds anything, though it knows where it could not look. */
const blind: Parts['verify'] = async (ledger, question) => {
  const verdict = await verify(ledger, question);
  return { ...verdict, verdict: verdict.gaps.length > 0 ? 'unknown' : 'proven', findings: [] };
};

/** Parts with one bug each, and in words what the simulation must say of it. */
export const planted: readonly {
  readonly bug: string;
  readonly parts: () => Parts;
  readonly found: RegExp;
}[] = [
  {
    bug: 'a ledger that loses what it has acknowledged',
    parts: () => ({ ...soundParts, ledger: (options) => new ForgetfulLedger(options) }),
    // What is lost is missed by name, as a rule; but it may have been a quarantine, or a drift, which is then missed at hosts.
    found:
      /was acknowledged and is not there|is not what was acknowledged|is in quarantine, acknowledged|nobody has recorded what it held/,
  },
  {
    bug: 'a ledger that does not check conditions',
    parts: () => ({ ...soundParts, ledger: (options) => new HeedlessLedger(options) }),
    // Two decide at a time, each for itself: that may break anything.
    found: /step \d+: Error/,
  },
  {
    bug: 'a driver that leaves grants behind',
    parts: () => ({ ...soundParts, driver: keepingGrants() }),
    found:
      /which no state that their hosts hold allows|does not hold what|still holds something|still holds what somebody else|another set than that of plan|nobody has recorded what it held/,
  },
  {
    bug: 'a driver that is too generous while it works',
    parts: () => ({ ...soundParts, driver: hasty }),
    found: /which no state that their hosts hold allows/,
  },
  {
    bug: 'a driver that does nothing',
    parts: () => ({ ...soundParts, driver: idle }),
    found:
      /does not hold what it is to hold|still holds something|still something to do|at rest|from a mark that the host does not|still holds what somebody else/,
  },
  {
    bug: 'a driver that takes a change from any mark',
    parts: () => ({ ...soundParts, driver: heedlessOfMarks }),
    found: /was made from a mark that the host does not have/,
  },
  {
    bug: 'a driver that remembers marks instead of reading them',
    parts: () => ({ ...soundParts, driver: rememberingMarks() }),
    found: /still holds what somebody else put there|still something to do|nobody has recorded what it held/,
  },
  {
    bug: 'a driver that finds what marks say',
    parts: () => ({ ...soundParts, driver: trustingMarks }),
    found: /nobody has recorded what it held|still holds what somebody else put there|does not hold what/,
  },
  {
    bug: 'an applier that vouches for hosts of which it read the marks',
    parts: () => ({ ...soundParts, sync: vouching }),
    found: /as is known now, and nothing is unknown then/,
  },
  {
    bug: 'an applier that believes every mark',
    parts: () => ({ ...soundParts, sync: believingMarks }),
    found:
      /still holds what somebody else put there|does not hold what|at rest|nobody has recorded what it held/,
  },
  {
    bug: 'an applier that leaves restrictions out',
    parts: () => ({ ...soundParts, sync: withoutRestrictions }),
    found: /is in quarantine, acknowledged, and packets get|still holds what somebody else put there/,
  },
  {
    bug: 'an applier that does not look at held shards',
    parts: () => ({ ...soundParts, sync: heedlessOfHeld }),
    found: /is in quarantine, acknowledged, and packets get|still holds what somebody else put there/,
  },
  {
    bug: 'a verifier that never finds anything',
    parts: () => ({ ...soundParts, verify: blind }),
    found: /the verifier overlooks/,
  },
];
