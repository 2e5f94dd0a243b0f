import { describe, expect, it } from 'vitest';
import { keyOf, type BindingObject } from '../../../../../events/overlay-objects.ts';
import { OverlayUnavailable } from '../../../../../src/overlay/faults.ts';
import { bindingKey, keyGoneOnWith, wiringOf } from '../../../../../src/overlay/ovs/switch/own-ports.ts';
import { isFinal, planWiring } from '../../../../../src/overlay/ovs/switch/wiring-plan.ts';

function binding(number: number, rest: Partial<BindingObject> = {}): BindingObject {
  const name = String(number);
  const place = { vni: 100, host: 'hv-1', interface: `vm-${name}`, ips: [`10.0.0.${name}`] };
  return { kind: 'binding', endpoint: `acme/web-${name}`, ...place, ...rest };
}

const free = { ports: new Map(), takenOfports: new Set<number>(), takenZones: new Set<number>() };
const wanted = (...after: BindingObject[]): Parameters<typeof planWiring>[1] => ({
  after,
  keptKey: bindingKey,
  isLed: false,
  seed: 'x',
});

describe('numbers and zones of ports', () => {
  it('are each given once, and none that others have', () => {
    const taken = { ports: new Map(), takenOfports: new Set([0x100, 0x102]), takenZones: new Set<number>() };
    const many = Array.from({ length: 200 }, (_, index) => binding(index));
    const { after, newZones } = planWiring(taken, wanted(...many));
    const ofports = Array.from(after.values(), ({ ofport }) => ofport);
    expect(new Set(ofports).size).toBe(200);
    expect(ofports).not.toContain(0x100);
    expect(ofports).not.toContain(0x102);
    expect(new Set(newZones).size).toBe(200);
    expect(newZones.every((zone) => zone >= 0x8000 && zone <= 0xffff)).toBe(true);
  });

  it('stay, and only what is new gets a zone; what goes stays while the change is under way', () => {
    const first = planWiring(free, wanted(binding(1), binding(2)));
    const second = planWiring({ ...free, ports: first.after }, wanted(binding(2), binding(3)));
    expect(second.after.get('vm-2')).toEqual(first.after.get('vm-2'));
    expect([...second.during.keys()]).toEqual(['vm-1', 'vm-2', 'vm-3']);
    expect([...second.after.keys()]).toEqual(['vm-2', 'vm-3']);
    expect(second.newZones).toHaveLength(1);
  });

  it('are final at once unless a port or a zone goes when the change is over', () => {
    const first = planWiring(free, wanted(binding(1)));
    const next = (...after: BindingObject[]): boolean =>
      isFinal(planWiring({ ...free, ports: first.after }, wanted(...after)));
    expect(isFinal(first)).toBe(true);
    expect(next(binding(1), binding(2))).toBe(true);
    expect(next(binding(1, { vni: 101 }))).toBe(false);
    expect(next(binding(2))).toBe(false);
    expect(next()).toBe(false);
  });

  it('are those of the set before and of the one to come, each by what its binding says', () => {
    const [before, after] = [binding(1), binding(1, { vni: 101 })];
    const first = planWiring(free, wanted(before));
    const second = planWiring({ ...free, ports: first.after }, wanted(after));
    const [old, now] = [before, after].map((each) => wiringOf(second.during, [each]).portOf('acme/web-1'));
    expect(old).toEqual(wiringOf(first.after, [before]).portOf('acme/web-1'));
    expect(now?.ofport).toBe(old?.ofport);
    expect(now?.zone).not.toBe(old?.zone);
    expect(wiringOf(second.after, [before]).portOf('acme/web-1')).toBeUndefined();
  });

  it('do not stay where a zone is that of another port too, by what somebody wrote', () => {
    const [one, two] = [binding(1), binding(2)];
    const first = planWiring(free, wanted(one, two));
    const [zone] = first.newZones;
    const zoneOf = (each: BindingObject): ReadonlyMap<string, number> =>
      new Map([[bindingKey(each), zone ?? 0]]);
    const both = [one, two].flatMap((each) => {
      const port = first.after.get(each.interface);
      return port === undefined ? [] : [[each.interface, { ...port, zones: zoneOf(each) }] as const];
    });
    const joined = planWiring({ ...free, ports: new Map(both) }, wanted(one, two));
    expect(new Set(joined.newZones).size).toBe(2);
    expect(joined.newZones).not.toContain(zone);
    const others = planWiring(
      { ...free, ports: first.after, takenZones: new Set([zone ?? 0]) },
      wanted(one, two),
    );
    expect(others.newZones).toHaveLength(1);
    expect(others.newZones).not.toContain(zone);
  });

  it('are not those of a binding that was given up and comes back', () => {
    const first = planWiring(free, wanted(binding(1)));
    const again = planWiring(
      { ...free, ports: first.after },
      { ...wanted(binding(1)), keptKey: () => undefined },
    );
    expect(again.newZones).toHaveLength(1);
    expect(again.newZones).not.toEqual(first.newZones);
  });

  it('end some time, which is said', () => {
    const takenZones = new Set(Array.from({ length: 0x8000 }, (_, index) => 0x8000 + index));
    expect(() => planWiring({ ...free, takenZones }, wanted(binding(1)))).toThrow(OverlayUnavailable);
    const takenOfports = new Set(Array.from({ length: 0x8000 }, (_, index) => index));
    expect(() => planWiring({ ...free, takenOfports }, wanted(binding(1)))).toThrow(/no number is left/);
  });

  it('stay where an endpoint has more addresses, also if that was broken off, and not where it has fewer or others', () => {
    const few = binding(1, { ips: ['10.0.0.1', '10.0.0.2'] });
    const first = planWiring(free, wanted(few));
    const next = (after: BindingObject, ports = first.after): ReturnType<typeof planWiring> =>
      planWiring(
        { ...free, ports },
        {
          ...wanted(after),
          isLed: true,
          keptKey: (each) => keyGoneOnWith(each, new Map([[keyOf(few), few]])),
        },
      );
    const more = binding(1, { ips: ['10.0.0.2', '10.0.0.9', '10.0.0.1'] });
    const second = next(more);
    expect(second.newZones).toEqual([]);
    const zoneOf = (ports: typeof first.after, each: BindingObject): number | undefined =>
      wiringOf(ports, [each]).portOf('acme/web-1')?.zone;
    expect(zoneOf(second.after, more)).toBe(zoneOf(first.after, few));
    expect(isFinal(second)).toBe(false);
    const again = next(more, second.during);
    expect([again.newZones, again.after]).toEqual([[], second.after]);
    for (const other of [
      binding(1),
      binding(1, { ips: ['10.0.0.1', '10.0.0.3'] }),
      { ...more, vni: 101 },
      { ...more, interface: 'vm-2' },
      { ...more, endpoint: 'acme/web-2' },
    ])
      expect(next(other).newZones).toHaveLength(1);
  });

  it('do not stay where a change to more addresses was broken off, and a whole set takes these away', () => {
    const [few, more] = [binding(1), binding(1, { ips: ['10.0.0.1', '10.0.0.9'] })];
    const first = planWiring(free, wanted(few));
    const keptKey = (each: BindingObject): string | undefined =>
      keyGoneOnWith(each, new Map([[keyOf(few), few]]));
    const broken = planWiring({ ...free, ports: first.after }, { ...wanted(more), isLed: true, keptKey });
    expect(broken.newZones).toEqual([]);
    expect(planWiring({ ...free, ports: broken.during }, wanted(few)).newZones).toHaveLength(1);
    expect(planWiring({ ...free, ports: broken.after }, wanted(more)).newZones).toEqual([]);
  });

  it('of an external stay whatever prefixes it has', () => {
    const internet = binding(1, { endpoint: 'internet', ips: ['0.0.0.0/0'] });
    const others = binding(1, {
      endpoint: 'internet',
      ips: ['198.51.100.0/24'],
      except: ['198.51.100.128/25'],
    });
    expect(bindingKey(others)).toBe(bindingKey(internet));
    expect(bindingKey({ ...internet, vni: 101 })).not.toBe(bindingKey(internet));
    expect(keyGoneOnWith(others, new Map([[keyOf(internet), internet]]))).toBe(bindingKey(internet));
  });

  it('do not depend on the order of addresses', () => {
    const [one, other] = [
      ['10.0.0.1', '10.0.0.2'],
      ['10.0.0.2', '10.0.0.1'],
    ].map((ips) => binding(1, { ips }));
    expect(one && bindingKey(one)).toBe(other && bindingKey(other));
  });
});
