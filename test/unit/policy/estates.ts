import fc from 'fast-check';

/** A document as written, before it is spelt as YAML or JSON. */
export type Written = Readonly<Record<string, unknown>>;

const name = fc.stringMatching(/^[a-z]([a-z0-9-]{0,8}[a-z0-9])?$/);
const classification = fc.constantFrom('public', 'internal', 'confidential', 'restricted');
const port = fc.integer({ min: 1, max: 65_535 });
const portItem = fc.oneof(
  port,
  port.map(String),
  fc.tuple(port, port).map((ends) => ends.toSorted((a, b) => a - b).join('-')),
);
const traffic = fc.oneof(
  fc.record({ protocol: fc.constantFrom('tcp', 'udp', 'sctp', 'icmp', 'any') }),
  fc.record(
    {
      protocol: fc.constantFrom('tcp', 'udp', 'sctp'),
      ports: fc.array(portItem, { minLength: 1, maxLength: 6 }),
    },
    { requiredKeys: [] },
  ),
);
const end = fc.oneof(
  name,
  fc.tuple(name, name).map((parts) => parts.join('/')),
);
const rule = fc
  .tuple(
    traffic,
    fc.record(
      {
        segment: name,
        guard: fc.constantFrom('CHG-1', 'Freigabe Nr. 2 – Müller'),
        from: fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-01T00:00:00[Europe/Berlin]'),
        expires: fc.constantFrom('2027-01-01T00:00:00+02:00', '2027-07-01T00:00[America/New_York]'),
      },
      { requiredKeys: [] },
    ),
  )
  .map(([passing, more]) => ({ ...passing, ...more }));
const egress = fc.tuple(end, rule).map(([destination, more]) => ({ destination, ...more }));
const ingress = fc
  .tuple(fc.oneof(end, fc.constant('*')), rule)
  .map(([source, more]) => ({ source, ...more }));
const rate = fc.constantFrom('100Mbps', '1.5Gbps', '8kbps');

const tenant = fc
  .record({
    kind: fc.constant('Tenant'),
    tenant: name,
    classification,
    segments: fc.uniqueArray(name, { minLength: 1, maxLength: 5 }),
    offers: fc.uniqueArray(fc.tuple(name, fc.nat(), traffic), {
      maxLength: 4,
      selector: ([service]) => service,
    }),
  })
  .map(({ offers, ...written }) => ({
    ...written,
    services: offers.map(([service, index, passing]) => ({
      name: service,
      segment: written.segments[index % written.segments.length],
      ...passing,
    })),
  }));

const byte = fc.integer({ min: 0, max: 255 });
const ipv4 = fc.tuple(byte, byte, byte).map((bytes) => `10.${bytes.join('.')}`);
const ipv6 = fc.nat(0xffff).map((low) => `2001:DB8::${low.toString(16).toUpperCase()}`);
const ips = fc.uniqueArray(fc.oneof(ipv4, ipv6), {
  minLength: 1,
  maxLength: 3,
  selector: (ip) => ip.toLowerCase(),
});
const mac = fc
  .tuple(byte, byte)
  .map((bytes) => `02:00:0A:00:${bytes.map((each) => each.toString(16).padStart(2, '0')).join(':')}`);
const endpoint = fc.record({ name, segment: name, ip: ips, mac, host: name, interface: name });
const endpoints = fc.record({
  kind: fc.constant('Endpoints'),
  tenant: name,
  endpoints: fc.uniqueArray(endpoint, { maxLength: 4, selector: (each) => each.name }),
});
const external = fc.record({
  kind: fc.constant('External'),
  external: name,
  cidrs: fc.uniqueArray(
    byte.map((each) => `198.51.${each}.0/24`),
    { minLength: 1, maxLength: 4 },
  ),
});
const policy = fc.record(
  {
    tenant: name,
    egress: fc.array(egress, { maxLength: 5 }),
    ingress: fc.array(ingress, { maxLength: 5 }),
    qos: fc.record({ egress: rate, ingress: rate }),
  },
  { requiredKeys: ['tenant', 'egress', 'ingress'] },
);

function nameOf(written: Written): string {
  const { kind = 'Policy', tenant: owner, external: outside } = written;
  return [kind, owner, outside].join(' ');
}

/** Documents without fault, no two of one kind and name. */
export const estate: fc.Arbitrary<Written[]> = fc.uniqueArray(
  fc.oneof<fc.Arbitrary<Written>[]>(tenant, endpoints, external, policy),
  { minLength: 1, maxLength: 8, selector: nameOf },
);

/** The same documents with lists and keys in other orders, and the documents themselves too. */
export function shuffled(documents: readonly Written[], seed: number): unknown {
  let state = seed;
  const next = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0);
  const shuffle = <Item>(items: readonly Item[]): Item[] =>
    items
      .map((item) => ({ item, at: next() }))
      .sort((a, b) => a.at - b.at)
      .map(({ item }) => item);
  const visit = (value: unknown): unknown => {
    if (Array.isArray(value)) return shuffle(value.map(visit));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(shuffle(Object.entries(value)).map(([key, child]) => [key, visit(child)]));
  };
  return visit(documents);
}
