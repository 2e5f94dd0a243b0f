import type { AppendRequest, Ledger } from '../../../src/ledger/port.ts';
import type { HostChange, OverlayDriver } from '../../../src/overlay/port.ts';
import type { LeaseStore } from '../../../src/roles/nats/lease-store.ts';
import { categoryOf } from '../../../src/runtime/errors.ts';
import type { ServeRole } from '../../../src/serve/role.ts';
import type { Forwarder } from '../../../src/siem/sinks/forwarder.ts';
import type { Sink } from '../../../src/siem/sinks/port.ts';
import { soundServiceParts, type ServiceParts } from './service-parts.ts';

/** A ledger with some of its calls in another way. */
function ledgerWith(ledger: Ledger, ways: Partial<Ledger>): Ledger {
  return {
    id: ledger.id,
    capabilities: ledger.capabilities,
    append: (request) => ledger.append(request),
    read: (range) => ledger.read(range),
    subscribe: (options) => ledger.subscribe(options),
    head: () => ledger.head(),
    close: () => ledger.close(),
    ...ways,
  };
}

/** A process that does not let the ledger look whether another one took its role. */
function unfenced(ledger: Ledger): Ledger {
  const append = (request: AppendRequest): ReturnType<Ledger['append']> => {
    const isFence = (subject: string): boolean => subject.startsWith('role/');
    const isTaking = request.events.some(({ type }) => type === 'RoleTaken');
    const conditions = request.conditions?.filter(({ subjects }) => isTaking || !subjects.some(isFence));
    return ledger.append({ ...request, conditions });
  };
  return ledgerWith(ledger, { append });
}

/** A process that takes roles whoever took them since it looked. */
function takingUnseen(ledger: Ledger): Ledger {
  const append = (request: AppendRequest): ReturnType<Ledger['append']> => {
    const isTaking = request.events.some(({ type }) => type === 'RoleTaken');
    return ledger.append(isTaking ? { ...request, conditions: [] } : request);
  };
  return ledgerWith(ledger, { append });
}

/** A process that does not hear of every twelfth entry that comes. */
function hardOfHearing(ledger: Ledger): Ledger {
  let heard = 0;
  return ledgerWith(ledger, {
    async *subscribe(options) {
      for await (const item of ledger.subscribe(options)) {
        if (item.kind === 'entry') heard += 1;
        if (item.kind !== 'entry' || heard % 12 !== 0) yield item;
      }
    },
  });
}

/** Hosts that take any plan, whatever they hold. */
function takingAnyPlan(hosts: OverlayDriver): OverlayDriver {
  const takes = async (host: string, change: HostChange): ReturnType<OverlayDriver['apply']> => {
    const mark = await hosts.mark(host);
    if (mark.kind !== 'marked' || mark.plan <= change.plan) return hosts.apply(host, change);
    const put = [...change.after.values()];
    const whole = { ...change, from: 'anything' as const, put, removed: [], former: new Map() };
    // What a host says of itself is forgotten first, so that nothing shows that it held a later plan.
    const blank = { ...whole, plan: mark.plan, digest: mark.digest };
    await hosts.apply(host, blank);
    return { plan: change.plan, digest: change.digest, objects: change.objects };
  };
  return { ...hosts, apply: takes };
}

/** Leases that are written again whoever has written since. */
function renewedAfterTheirTerm(store: LeaseStore): LeaseStore {
  return {
    ...store,
    put: async (key, text, after) => {
      const written = await store.put(key, text, after);
      if (written !== undefined || after === 0) return written;
      const found = await store.get(key);
      return found === undefined ? undefined : store.put(key, text, found.revision);
    },
  };
}

/** Leases that anybody takes who asks for them. */
function takenBeforeTheyRanOut(store: LeaseStore): LeaseStore {
  return {
    ...store,
    get: async (key) => {
      const found = await store.get(key);
      return found && { ...found, text: found.text.replace('"held":true', '"held":false') };
    },
  };
}

/** A sink of which is noted what it is about to be delivered. */
function notedTooSoon(sink: Sink, cursor: Forwarder['cursor']): Sink {
  return {
    ...sink,
    deliver: async (entries, signal) => {
      const last = entries.at(-1);
      if (last !== undefined) await cursor.note(last);
      return sink.deliver(entries, signal);
    },
  };
}

/** A sink that says of what was taken in part that all of it was. */
function acknowledgingAll(sink: Sink): Sink {
  return {
    ...sink,
    deliver: async (entries, signal) => {
      await sink.deliver(entries, signal);
      return { upTo: entries.at(-1)?.seq ?? -1 };
    },
  };
}

/** A role that ends where it should stop, and says nothing. */
function endingSilently(role: ServeRole): ServeRole {
  return {
    ...role,
    run: async (context) => {
      try {
        await role.run(context);
      } catch (fault) {
        if (categoryOf(fault) !== 'integrity') throw fault;
      }
    },
  };
}

/** Parts with one bug each, and in words what the simulation must say of it. */
export const plantedInService: readonly {
  readonly bug: string;
  /** The seed of a world in which it is known to show. */
  readonly shows: number;
  readonly parts: () => Partial<ServiceParts>;
  readonly found: RegExp;
}[] = [
  {
    bug: 'a process that appends as a role that another one took',
    shows: 7,
    parts: () => ({ ledger: unfenced }),
    found: /appended \w+ as [\w/-]+, which process \d+ has taken/,
  },
  {
    bug: 'a process that takes a role unseen',
    shows: 2,
    parts: () => ({ ledger: takingUnseen }),
    found: /is taken for the time \d+, after \d+/,
  },
  {
    bug: 'a process that does not hear of each entry',
    shows: 1,
    parts: () => ({ ledger: hardOfHearing }),
    found: /of rest: |is missing|stopped, and there is no reason/,
  },
  {
    bug: 'hosts that take a plan from the past',
    shows: 7,
    parts: () => ({ driver: takingAnyPlan }),
    found: /reached \S+ after plan/,
  },
  {
    bug: 'a lease that is renewed after its term',
    shows: 1,
    parts: () => ({ leases: renewedAfterTheirTerm }),
    found: /takes [\w/-]+, and process \d+ has it still/,
  },
  {
    bug: 'a lease that is taken before it ran out',
    shows: 1,
    parts: () => ({ leases: takenBeforeTheyRanOut }),
    found: /takes [\w/-]+, and process \d+ has it still/,
  },
  {
    bug: 'a cursor that is noted before the receiver has acknowledged',
    shows: 1,
    parts: () => ({ sink: notedTooSoon }),
    found: /gets entry \d+, and never got \d+|is delivered to \w+ again|has not got entry/,
  },
  {
    bug: 'a sink that takes a part for the whole',
    shows: 1,
    parts: () => ({ sink: acknowledgingAll }),
    found: /gets entry \d+, and never got \d+|has not got entry/,
  },
  {
    bug: 'a message that is put wherever the stream ends',
    shows: 1,
    parts: () => ({
      publish: (broker, message) => broker.put(message, { expected: undefined }) !== undefined,
    }),
    found: /the stream has \d+ messages|of the stream is not entry|publisher stopped, and there is no reason/,
  },
  {
    bug: 'a role that ends without a word',
    shows: 2,
    parts: () => ({ role: endingSilently }),
    found: /(publisher|forwarder\/\w+) is .*missing/,
  },
];

export function withBug(parts: Partial<ServiceParts>): ServiceParts {
  return { ...soundServiceParts, ...parts };
}
