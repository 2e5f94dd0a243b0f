import { changeApplied } from '../../events/overlay.ts';
import { sync } from '../../src/apply/drive/sync.ts';
import { Conflict } from '../../src/ledger/faults.ts';
import type { AppendRequest, AppendResult, Ledger } from '../../src/ledger/port.ts';
import { verify } from '../../src/verify/verify.ts';
import { MemoryLedger } from '../doubles/memory-ledger.ts';
import {
  hasty,
  heedlessOfMarks,
  idle,
  keepingGrants,
  rememberingMarks,
  trustingMarks,
} from './planted-drivers.ts';
import { soundParts, type Parts } from './settings.ts';

/** Told each time that a part with a bug does otherwise than it should. */
type Bite = () => void;
/** A part with a bug. */
type Planted<Part> = (bite: Bite) => Part;
type LedgerOptions = Parameters<Parts['ledger']>[0];

/** A ledger that says of every twentieth batch that it is there, and has not kept it. */
class ForgetfulLedger extends MemoryLedger {
  readonly #bite: Bite;
  #appends = 0;

  constructor(options: LedgerOptions, bite: Bite) {
    super(options);
    this.#bite = bite;
  }

  override async append(request: AppendRequest): Promise<AppendResult> {
    this.#appends += 1;
    if (this.#appends % 20 !== 0) return super.append(request);
    this.#bite();
    const { size } = await this.head();
    return { first: size, last: size + request.events.length - 1, duplicate: false };
  }
}

/** A ledger that appends whatever has changed meanwhile. */
class HeedlessLedger extends MemoryLedger {
  readonly #bite: Bite;

  constructor(options: LedgerOptions, bite: Bite) {
    super(options);
    this.#bite = bite;
  }

  override async append(request: AppendRequest): Promise<AppendResult> {
    try {
      return await super.append(request);
    } catch (fault) {
      if (!(fault instanceof Conflict)) throw fault;
      this.#bite();
      return super.append({ ...request, conditions: [] });
    }
  }
}

/** An applier that says of every host that it was seen whole just now. */
const vouching: Planted<Parts['sync']> = (bite) => (request, from) => {
  const { ledger, clock } = request;
  const vouched: Ledger = {
    id: ledger.id,
    capabilities: ledger.capabilities,
    read: (range) => ledger.read(range),
    subscribe: (options) => ledger.subscribe(options),
    head: () => ledger.head(),
    close: () => ledger.close(),
    append: (asked) => {
      const events = asked.events.map((event) => {
        if (event.type !== 'ChangeApplied') return event;
        bite();
        return { ...event, data: { ...changeApplied.parse(event.data), seenWhole: clock.now() } };
      });
      return ledger.append({ ...asked, events });
    },
  };
  return sync({ ...request, ledger: vouched }, from);
};

/** An applier that takes what persons do by hand to be over. */
const heedlessOfHands: Planted<Parts['sync']> = (bite) => (request, from) => {
  for (const { bypasses } of from.state.applied.shards.values())
    for (const [host, bypass] of bypasses.open) {
      bite();
      bypasses.take({ type: 'BypassClosed', data: { host, bypass } });
    }
  return sync(request, from);
};

/** A verifier that takes what persons say for what they do. */
const trustingHands: Planted<Parts['verify']> = (bite) => async (ledger, question) => {
  const report = await verify(ledger, question);
  const gaps = report.gaps.filter(({ kind }) => kind !== 'bypass');
  if (gaps.length < report.gaps.length) bite();
  return { ...report, gaps };
};

/** An applier that never reads a whole host. */
const believingMarks: Planted<Parts['sync']> = (bite) => (request, from) => {
  if (request.reads !== 'marks') bite();
  return sync({ ...request, reads: 'marks' }, from);
};

/** An applier that has always just taken away everything that is to be taken away. */
const withoutRestrictions: Planted<Parts['sync']> = (bite) => (request, from) => {
  if (request.only === undefined) return sync(request, from);
  bite();
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
const heedlessOfHeld: Planted<Parts['sync']> = (bite) => async (request, from) => {
  if (request.past !== undefined) return sync(request, from);
  const { applied, intended } = from.state;
  const { shards: present, formerShards } = intended.directory;
  const asked = request.shards ?? [...present.keys(), ...formerShards.keys()];
  const nothingDone = { driven: [], upToDate: [], cleared: [], drifted: [], absent: [], refused: [] };
  const left = asked.flatMap((shard) => {
    const { plan = 0, held } = applied.shards.get(shard) ?? {};
    return held === undefined ? [] : [{ shard, plan, held, ...nothingDone }];
  });
  if (left.length > 0) bite();
  const shards = asked.filter((shard) => left.every((each) => each.shard !== shard));
  const synced = await sync({ ...request, shards }, from);
  return { ...synced, shards: [...synced.shards, ...left] };
};

/** A verifier that never finds anything, though it knows where it could not look. */
const blind: Planted<Parts['verify']> = (bite) => async (ledger, question) => {
  const verdict = await verify(ledger, question);
  if (verdict.findings.length > 0) bite();
  return { ...verdict, verdict: verdict.gaps.length > 0 ? 'unknown' : 'proven', findings: [] };
};

/** Most bugs show in worlds in which nobody says that a host is changed by hand. */
const handsOff: Parts = { ...soundParts, byHand: false };

/** Parts with one bug each, for one world, and in words what the simulation must say once it has done what it should not. */
export const planted: readonly {
  readonly bug: string;
  /** The seed of a world in which it shows soon. */
  readonly shows: number;
  readonly parts: Planted<Parts>;
  readonly found: RegExp;
}[] = [
  {
    bug: 'a ledger that loses what it has acknowledged',
    shows: 315937099,
    parts: (bite) => ({ ...handsOff, ledger: (options) => new ForgetfulLedger(options, bite) }),
    // What is lost is missed by name, as a rule; but it may have been a quarantine, or a drift, which is then missed at hosts.
    found:
      /was acknowledged and is not there|is not what was acknowledged|is in quarantine, acknowledged|nobody has recorded what it held/,
  },
  {
    bug: 'a ledger that does not check conditions',
    shows: 1419602778,
    parts: (bite) => ({ ...handsOff, ledger: (options) => new HeedlessLedger(options, bite) }),
    // Two decide at a time, each for itself: that may break anything.
    found: /^Error: /,
  },
  {
    bug: 'a driver that leaves grants behind',
    shows: 1903155932,
    parts: (bite) => ({ ...handsOff, driver: keepingGrants(bite) }),
    found:
      /which no state that their hosts hold allows|does not hold what|still holds something|still holds what somebody else|another set than that of plan|nobody has recorded what it held/,
  },
  {
    bug: 'a driver that is too generous while it works',
    shows: 220777516,
    parts: (bite) => ({ ...handsOff, driver: hasty(bite) }),
    found: /which no state that their hosts hold allows/,
  },
  {
    bug: 'a driver that does nothing',
    shows: 138404938,
    parts: (bite) => ({ ...handsOff, driver: idle(bite) }),
    found:
      /with every host there: hosts away|does not hold what it is to hold|still holds something|still something to do|at rest|from a mark that the host does not|still holds what somebody else/,
  },
  {
    bug: 'a driver that takes a change from any mark',
    shows: 586185639,
    parts: (bite) => ({ ...handsOff, driver: heedlessOfMarks(bite) }),
    found: /was made from a mark that the host does not have/,
  },
  {
    bug: 'a driver that remembers marks instead of reading them',
    shows: 3878356,
    parts: (bite) => ({ ...handsOff, driver: rememberingMarks(bite) }),
    found:
      /is said to have a mark|still holds what somebody else put there|still something to do|nobody has recorded what it held/,
  },
  {
    bug: 'a driver that finds what marks say',
    shows: 1616296324,
    parts: (bite) => ({ ...handsOff, driver: trustingMarks(bite) }),
    // What it vouches for was not seen: that is the other end of the same.
    found:
      /nobody has recorded what it held|still holds what somebody else put there|does not hold what|as is known now, and nothing is unknown then/,
  },
  {
    bug: 'an applier that vouches for hosts of which it read the marks',
    shows: 1099909992,
    parts: (bite) => ({ ...handsOff, sync: vouching(bite) }),
    found: /as is known now, and nothing is unknown then/,
  },
  {
    bug: 'an applier that believes every mark',
    shows: 1383239843,
    parts: (bite) => ({ ...handsOff, sync: believingMarks(bite) }),
    found:
      /still holds what somebody else put there|does not hold what|at rest|nobody has recorded what it held/,
  },
  {
    bug: 'an applier that leaves restrictions out',
    shows: 274787799,
    parts: (bite) => ({ ...handsOff, sync: withoutRestrictions(bite) }),
    found: /is in quarantine, acknowledged, and packets get|still holds what somebody else put there/,
  },
  {
    bug: 'an applier that does not look at held shards',
    shows: 559215711,
    parts: (bite) => ({ ...handsOff, sync: heedlessOfHeld(bite) }),
    found: /is in quarantine, acknowledged, and packets get|still holds what somebody else put there/,
  },
  {
    bug: 'a verifier that never finds anything',
    shows: 1735973035,
    parts: (bite) => ({ ...handsOff, verify: blind(bite) }),
    found: /the verifier overlooks/,
  },
  {
    bug: 'an applier that puts right what is done by hand',
    shows: 1,
    parts: (bite) => ({ ...soundParts, sync: heedlessOfHands(bite) }),
    found: /is changed by hand, and given a whole set|refuses, and nobody changes it by hand/,
  },
  {
    bug: 'a verifier that trusts who works by hand',
    shows: 1,
    parts: (bite) => ({ ...soundParts, verify: trustingHands(bite) }),
    found: /the verifier overlooks bypasses/,
  },
];
