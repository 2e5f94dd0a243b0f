/** What a generated estate holds; everything is on unless it is switched off. */
export interface Features {
  /** Tenants and externals of different classifications, with guards wherever a grant crosses them. */
  readonly classifications: boolean;
  readonly externals: boolean;
  /** A few air-gapped tenants, which nothing names. */
  readonly airGap: boolean;
  /** Tenants that do not talk use the same addresses; some have a `vault` segment that only they themselves reach. */
  readonly overlaps: boolean;
  readonly ipv6: boolean;
  readonly timeBounds: boolean;
  /** Some consents stay half-given. */
  readonly halfGiven: boolean;
  /** Ingress rules from `*`. */
  readonly wildcards: boolean;
  /** Some tenants rule the traffic between their own segments. */
  readonly intraTenantSegments: boolean;
  readonly services: boolean;
  readonly qos: boolean;
}

export interface EstateOptions {
  readonly seed: number;
  readonly tenants: number;
  /** On average; at most 200. */
  readonly rulesPerTenant?: number;
  readonly shards?: number;
  readonly hostsPerShard?: number;
  /** At most 8, and a vault beside them. */
  readonly segmentsPerTenantMax?: number;
  /** On average. */
  readonly endpointsPerSegment?: number;
  /** How many tenants, on average, may talk to one another; tenants of other such groups use the same addresses. */
  readonly tenantsPerRealm?: number;
  readonly externalsPerRealm?: number;
  readonly features?: Partial<Features>;
}

export interface Settings extends Required<Omit<EstateOptions, 'features'>> {
  readonly features: Features;
}

const everyFeature: Features = {
  classifications: true,
  externals: true,
  airGap: true,
  overlaps: true,
  ipv6: true,
  timeBounds: true,
  halfGiven: true,
  wildcards: true,
  intraTenantSegments: true,
  services: true,
  qos: true,
};

/** The options with defaults filled in. */
export function settingsOf(options: EstateOptions): Settings {
  const settings = {
    rulesPerTenant: 6,
    shards: 2,
    hostsPerShard: 4,
    segmentsPerTenantMax: 3,
    endpointsPerSegment: 2,
    tenantsPerRealm: 8,
    externalsPerRealm: 2,
    ...options,
    features: { ...everyFeature, ...options.features },
  };
  if (settings.rulesPerTenant > 200)
    throw new RangeError('a policy of more than 200 rules on average may outgrow one entry');
  return settings;
}
