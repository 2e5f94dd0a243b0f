import {
  ofKind,
  type WrittenDocument,
  type WrittenEndpoints,
  type WrittenExternal,
  type WrittenHost,
  type WrittenService,
  type WrittenTenant,
} from './estate/documents.ts';
import { realmsOf, vaultSegment, type Estate } from './estate/estate.ts';
import { newEndpoint, newExternal, shardsAndHosts } from './estate/inventory.ts';
import { externalPrefix } from './estate/numbering.ts';
import { settingsOf, type EstateOptions, type Settings } from './estate/options.ts';
import { policiesOf } from './estate/policies.ts';
import { seededRandom, type Random } from './estate/random.ts';
import { randomOffer } from './estate/traffic.ts';

const adjectives = ['amber', 'brisk', 'calm', 'dusty', 'early', 'fable', 'gentle', 'hardy', 'ivory', 'jolly'];
const nouns = [
  'otter',
  'falcon',
  'harbor',
  'meadow',
  'lantern',
  'quarry',
  'orchard',
  'ferry',
  'mill',
  'tern',
];
const segmentNames = ['web', 'app', 'database', 'cache', 'queue', 'jobs', 'mail', 'files'];
const serviceKinds = ['api', 'sql', 'feed'];

/**
 * A random estate that is valid by construction; the same options give the same estate. How: tenants and externals are
 * divided into realms. In a realm all addresses are distinct, and only there is anything ever granted, so no segment
 * sees an address twice. Whatever a rule lets cross a difference of classification, the higher side has guarded.
 */
export function generateEstate(options: EstateOptions): Estate {
  const settings = settingsOf(options);
  const building = new Building(settings);
  const documents = building.inventory();
  const policies = policiesOf(settings, building.random, realmsOf({ documents, realms: building.realms }));
  return {
    documents: [...documents, ...policies],
    features: settings.features,
    realms: building.realms,
    portsIssued: building.portsIssued,
    prefixesIssued: building.prefixesIssued,
  };
}

class Building {
  readonly random: Random;
  readonly realms = new Map<string, number>();
  portsIssued = 0;
  prefixesIssued = 0;
  readonly #settings: Settings;
  readonly #addressesIssued = new Map<string, number>();
  readonly #realmCount: number;

  constructor(settings: Settings) {
    this.random = seededRandom(settings.seed);
    this.#settings = settings;
    const { tenants, tenantsPerRealm, features } = settings;
    this.#realmCount = features.overlaps ? Math.max(1, Math.round(tenants / tenantsPerRealm)) : 1;
  }

  inventory(): WrittenDocument[] {
    const places = shardsAndHosts(this.#settings, this.random);
    const hosts = ofKind(places, 'Host');
    const tenants = Array.from({ length: this.#settings.tenants }, (_, index) => this.#tenant(index, hosts));
    return [...places, ...this.#externals(hosts), ...tenants.flat()];
  }

  #tenant(index: number, hosts: readonly WrittenHost[]): (WrittenTenant | WrittenEndpoints)[] {
    const { random } = this;
    const { features } = this.#settings;
    const tenant = `${random.pick(adjectives)}-${random.pick(nouns)}-${index + 1}`;
    const airGapped = features.airGap && random.chance(0.04);
    // An air-gapped tenant is a realm to itself: it may use anybody's addresses.
    this.realms.set(
      tenant,
      airGapped && features.overlaps ? this.#realmCount + index : index % this.#realmCount,
    );
    const segments = this.#segments();
    const { shard } = random.pick(hosts);
    const endpoints = this.#endpoints({
      tenant,
      segments,
      hosts: hosts.filter((host) => host.shard === shard),
    });
    const document: WrittenTenant = {
      kind: 'Tenant',
      tenant,
      ...this.#classification(),
      ...(airGapped ? { isolation: 'air-gapped' } : {}),
      // Without endpoints the ledger would place the tenant where it likes, and no endpoint could be added knowingly.
      ...(endpoints.length === 0 || random.chance(0.5) ? { shard } : {}),
      ...(features.intraTenantSegments && random.chance(0.25) ? { intraTenant: 'segments' } : {}),
      segments,
      ...this.#services(tenant, segments),
    };
    return endpoints.length === 0 ? [document] : [document, { kind: 'Endpoints', tenant, endpoints }];
  }

  #classification(): Pick<WrittenTenant, 'classification'> {
    if (!this.#settings.features.classifications || this.random.chance(0.4)) return {};
    const choice = ['public', 'internal', 'confidential', 'restricted'] as const;
    return { classification: this.random.pick(choice) };
  }

  #segments(): string[] {
    const count = 1 + this.random.below(Math.min(this.#settings.segmentsPerTenantMax, segmentNames.length));
    const start = this.random.below(segmentNames.length);
    const names = Array.from(
      { length: count },
      (_, nth) => segmentNames[(start + nth) % segmentNames.length],
    );
    const vault = this.#settings.features.overlaps && this.random.chance(0.25) ? [vaultSegment] : [];
    return [...names.filter((name) => name !== undefined), ...vault];
  }

  #services(tenant: string, segments: readonly string[]): Pick<WrittenTenant, 'services'> {
    if (!this.#settings.features.services || this.random.chance(0.5)) return {};
    const open = segments.filter((segment) => segment !== vaultSegment);
    const kinds = serviceKinds.slice(0, 1 + this.random.below(serviceKinds.length));
    const services = kinds.map((kind): WrittenService => ({
      name: `${tenant}-${kind}`,
      segment: this.random.pick(open),
      ...randomOffer(this.random),
    }));
    return { services };
  }

  #endpoints(of: {
    tenant: string;
    segments: string[];
    hosts: WrittenHost[];
  }): WrittenEndpoints['endpoints'] {
    const { endpointsPerSegment, features } = this.#settings;
    return of.segments.flatMap((segment) => {
      // Addresses count up in the realm, or in the tenant's own vault.
      const counter = segment === vaultSegment ? of.tenant : String(this.realms.get(of.tenant));
      return Array.from({ length: this.random.below(2 * endpointsPerSegment + 1) }, () =>
        newEndpoint(this.random, {
          segment,
          port: { number: this.portsIssued++, host: this.random.pick(of.hosts).host },
          address: this.#nextAddress(counter),
          withIpv6: features.ipv6,
        }),
      );
    });
  }

  #nextAddress(counter: string): number {
    const next = this.#addressesIssued.get(counter) ?? 0;
    this.#addressesIssued.set(counter, next + 1);
    return next;
  }

  #externals(hosts: readonly WrittenHost[]): WrittenExternal[] {
    const { features, externalsPerRealm } = this.#settings;
    const count = features.externals ? this.#realmCount * externalsPerRealm : 0;
    return Array.from({ length: count }, (_, index) => {
      const name = index === 0 ? 'internet' : `outside-${index}`;
      this.realms.set(name, index % this.#realmCount);
      const port = { number: this.portsIssued++, host: this.random.pick(hosts).host };
      const cidrs = index === 0 ? this.#everywhere() : [this.#prefix()];
      return newExternal(this.random, { name, cidrs, port, classified: features.classifications });
    });
  }

  #everywhere(): string[] {
    return this.#settings.features.ipv6 ? ['0.0.0.0/0', '::/0'] : ['0.0.0.0/0'];
  }

  /** A new prefix; in place of every second one perhaps a quarter of the one before it. */
  #prefix(): string {
    const number = this.prefixesIssued++;
    const nested = number % 2 === 1 && this.random.chance(0.5);
    return nested ? externalPrefix(number - 1, true) : externalPrefix(number, false);
  }
}
