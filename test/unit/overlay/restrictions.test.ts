import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  deniesPair,
  keyOf,
  objectsByKey,
  type AclObject,
  type GrantAcl,
  type OverlayObject,
  type QuarantineAcl,
} from '../../../events/overlay-objects.ts';
import { rowsOf, trafficOf, union, nothing } from '../../../projections/intended/traffic.ts';
import { deltaOf } from '../../../src/overlay/delta.ts';
import { restrictionsIn } from '../../../src/overlay/restrictions.ts';
import { idOf } from '../isolation/documents.ts';

type Written<Acl> = Omit<Acl, 'kind' | 'id' | 'action' | 'tier'>;

function grant(rest: Written<GrantAcl>): GrantAcl {
  return { kind: 'acl', id: idOf(rest), ...rest, action: 'allow', tier: 'grant' };
}

function cut(rest: Pick<QuarantineAcl, 'side' | 'from' | 'to'>): QuarantineAcl {
  const shape = { ...rest, protocol: 'any', action: 'deny', tier: 'quarantine' } as const;
  return { kind: 'acl', id: idOf(shape), ...shape };
}

const pair = { side: 'egress', from: 'a/s', to: 'b/s' } as const;
const tcp = (...ports: [number, number][]): GrantAcl => grant({ ...pair, protocol: 'tcp', ports });

/** Restrictions of what leads from one set to another, as the keys removed and the objects put. */
function restrictions(
  before: readonly OverlayObject[],
  after: readonly OverlayObject[],
): { put: readonly OverlayObject[]; removed: readonly string[] } {
  const byKey = objectsByKey(before);
  return restrictionsIn(byKey, deltaOf(byKey, after));
}

describe('what of a change only takes away', () => {
  it('is a grant that goes', () => {
    expect(restrictions([tcp([80, 80])], [])).toEqual({ put: [], removed: [keyOf(tcp([80, 80]))] });
  });

  it.each<[string, GrantAcl, GrantAcl]>([
    ['fewer ports', tcp([80, 90]), tcp([80, 81], [90, 90])],
    ['some ports of all', grant({ ...pair, protocol: 'tcp' }), tcp([443, 443])],
    ['one protocol of all', grant({ ...pair, protocol: 'any' }), tcp([443, 443])],
  ])('is a grant that is narrowed: %s', (_what, before, after) => {
    expect(restrictions([before], [after])).toEqual({ put: [after], removed: [keyOf(before)] });
  });

  it.each<[string, GrantAcl, GrantAcl]>([
    ['more ports', tcp([80, 80]), tcp([80, 81])],
    ['other ports', tcp([80, 80]), tcp([81, 81])],
    ['all ports of some', tcp([80, 80]), grant({ ...pair, protocol: 'tcp' })],
    ['another protocol', tcp([80, 80]), grant({ ...pair, protocol: 'udp', ports: [[80, 80]] })],
  ])('is no grant that allows anything new: %s', (_what, before, after) => {
    expect(restrictions([before], [after])).toEqual({ put: [], removed: [] });
  });

  it('is what becomes of one side of one pair, whatever becomes of the others', () => {
    const other = grant({ side: 'ingress', from: 'a/s', to: 'b/s', protocol: 'udp' });
    const change = restrictions(
      [tcp([80, 90]), other],
      [tcp([80, 80]), grant({ ...other, protocol: 'any' })],
    );
    expect(change).toEqual({ put: [tcp([80, 80])], removed: [keyOf(tcp([80, 90]))] });
  });

  it('is a quarantine that comes, and none that goes', () => {
    const acl = cut({ side: 'egress', from: 'a/s', to: '*' });
    expect(restrictions([], [acl])).toEqual({ put: [acl], removed: [] });
    expect(restrictions([acl], [])).toEqual({ put: [], removed: [] });
  });

  it('is nothing of networks, routes, bindings and hosts', () => {
    const before: OverlayObject[] = [
      { kind: 'network', vni: 1, segment: 'a/s' },
      { kind: 'route', from: 1, to: 2 },
    ];
    const after: OverlayObject[] = [{ kind: 'host', host: 'hv-1', tunnelIp: '172.31.0.1', tunnel: 'vxlan' }];
    expect(restrictions(before, after)).toEqual({ put: [], removed: [] });
  });
});

const ends = ['a/s', 'a/t', 'b/s', 'x'] as const;
const protocols = ['tcp', 'udp', 'icmp', 'any'] as const;
/** A packet of each kind that the acls below can tell apart. */
const kinds = ['tcp', 'udp']
  .flatMap((protocol) => [0, 1, 2, 3, 4, 5].map((port) => ({ protocol, port })))
  .concat({ protocol: 'icmp', port: 0 }, { protocol: '47', port: 0 });

const ports = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 2 }))
  .map(([first, more]): [number, number] => [first, Math.min(4, first + more)]);
const traffic = fc
  .array(
    fc.record({ protocol: fc.constantFrom(...protocols), range: fc.option(ports, { nil: undefined }) }),
    {
      maxLength: 3,
    },
  )
  .map((parts) =>
    parts
      .map(({ protocol, range }) =>
        trafficOf(range === undefined || protocol === 'any' ? { protocol } : { protocol, ports: [range] }),
      )
      .reduce(union, nothing),
  );

/** Grants as a translator writes them: one acl for a pair, side and protocol, ranges apart from each other. */
const grants = fc
  .record({
    side: fc.constantFrom('egress', 'ingress'),
    from: fc.constantFrom(...ends),
    to: fc.constantFrom(...ends),
    traffic,
  })
  .map(({ traffic: allowed, ...at }) =>
    rowsOf(allowed).flatMap(({ protocol, ports: ranges }) =>
      protocol === 'other'
        ? []
        : [grant({ ...at, protocol, ...(ranges === undefined ? {} : { ports: ranges }) })],
    ),
  );
const quarantines = fc
  .record({ side: fc.constantFrom('egress', 'ingress'), end: fc.constantFrom(...ends), out: fc.boolean() })
  .map(({ side, end, out }) => cut(out ? { side, from: end, to: '*' } : { side, from: '*', to: end }));
const aclSet = fc
  .tuple(
    fc.uniqueArray(grants, {
      selector: ([acl]) => (acl === undefined ? '' : `${acl.side} ${acl.from} ${acl.to}`),
      maxLength: 12,
    }),
    fc.array(quarantines, { maxLength: 2 }),
  )
  .map(([rows, cuts]): AclObject[] => [...rows.flat(), ...cuts]);

interface Asked {
  readonly side: AclObject['side'];
  readonly from: string;
  readonly to: string;
  readonly protocol: string;
  readonly port: number;
}

function allows(acls: readonly OverlayObject[], { side, from, to, protocol, port }: Asked): boolean {
  const near = acls.filter((object) => object.kind === 'acl').filter((acl) => acl.side === side);
  const isCut = near.some((acl) => acl.tier === 'quarantine' && deniesPair(acl, { from, to }));
  const isGranted = near.some(
    (acl) =>
      acl.tier === 'grant' &&
      acl.from === from &&
      acl.to === to &&
      (acl.protocol === 'any' ||
        (acl.protocol === protocol &&
          (acl.ports ?? [[0, 65_535]]).some(([first, last]) => first <= port && port <= last))),
  );
  return isGranted && !isCut;
}

function* everything(): Generator<Asked> {
  for (const side of ['egress', 'ingress'] as const)
    for (const from of ends)
      for (const to of ends) for (const kind of kinds) yield { side, from, to, ...kind };
}

describe('given any two sets of acls, driven to what only takes away', () => {
  /** The set before, after the restrictions of a change to the set after. */
  function restricted(before: readonly AclObject[], after: readonly AclObject[]): OverlayObject[] {
    const set = objectsByKey(before);
    const { put, removed } = restrictions(before, after);
    for (const key of removed) set.delete(key);
    for (const object of put) set.set(keyOf(object), object);
    return [...set.values()];
  }

  it('a host allows nothing new, and all that is allowed before and after', () => {
    fc.assert(
      fc.property(aclSet, aclSet, (before, after) => {
        const between = restricted(before, after);
        for (const asked of everything()) {
          const [was, is, willBe] = [before, between, after].map((acls) => allows(acls, asked));
          if (is === true) expect({ asked, was }).toEqual({ asked, was: true });
          if (was === true && willBe === true) expect({ asked, is }).toEqual({ asked, is: true });
        }
      }),
      { numRuns: 300 },
    );
  });

  it('a pair that loses without gaining has lost all, and one that gains is as it was, but for quarantine', () => {
    fc.assert(
      fc.property(aclSet, aclSet, (before, after) => {
        const grantsIn = (acls: readonly OverlayObject[]): OverlayObject[] =>
          acls.filter((object) => object.kind === 'acl' && object.tier === 'grant');
        const sets = [before, restricted(before, after), after].map(grantsIn);
        for (const [side, from, to] of pairsOf()) {
          const about = kinds.map((kind) => ({ side, from, to, ...kind }));
          const [was = [], is = [], willBe = []] = sets.map((acls) => about.map((one) => allows(acls, one)));
          const gains = willBe.some((allowed, index) => allowed && was[index] !== true);
          expect({ side, from, to, is }).toEqual({ side, from, to, is: gains ? was : willBe });
        }
      }),
      { numRuns: 300 },
    );
  });

  function* pairsOf(): Generator<[AclObject['side'], string, string]> {
    for (const side of ['egress', 'ingress'] as const)
      for (const from of ends) for (const to of ends) yield [side, from, to];
  }
});
