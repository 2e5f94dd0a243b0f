import type { WrittenPolicy, WrittenTenant } from './documents.ts';
import type { Realm } from './estate.ts';
import type { Settings } from './options.ts';
import { withRules } from './policy-edits.ts';
import type { Random } from './random.ts';
import { conversation, openToAll, vainConsent, type Addition, type RuleContext } from './rules.ts';

/** Well below both limits of a policy, 500 rules and one ledger entry. */
const rulesMax = 300;

/** The policies of a whole estate. */
export function policiesOf(
  settings: Settings,
  random: Random,
  realms: ReadonlyMap<number, Realm>,
): WrittenPolicy[] {
  const everybody = [...realms.values()].flatMap(({ tenants }) => tenants);
  const additions = new Map<string, Addition[]>(everybody.map(({ tenant }) => [tenant, []]));
  for (const realm of realms.values())
    for (const addition of additionsIn({ settings, random, realm, everybody })) {
      const ofTenant = additions.get(addition.tenant) ?? [];
      if (ofTenant.length < rulesMax) ofTenant.push(addition);
    }
  return [...additions].flatMap(([tenant, ofTenant]) => {
    const rest = settings.features.qos ? randomQos(random) : {};
    if (ofTenant.length === 0 && rest.qos === undefined) return [];
    return [withRules({ kind: 'Policy', tenant, ...rest }, ofTenant)];
  });
}

function additionsIn(within: {
  settings: Settings;
  random: Random;
  realm: Realm;
  everybody: readonly WrittenTenant[];
}): Addition[] {
  const { settings, random, realm, everybody } = within;
  const context: RuleContext = { random, features: settings.features };
  const additions = settings.features.wildcards ? openServices(realm) : [];
  for (const tenant of realm.tenants) {
    // A conversation is about two rules, one of them in the other's policy.
    for (let rules = 0; rules < settings.rulesPerTenant; rules += 2)
      additions.push(...conversation(context, tenant, realm));
    const stranger = random.pick(everybody);
    if (settings.features.halfGiven && random.chance(0.15) && !realm.tenants.includes(stranger))
      additions.push(vainConsent(context, tenant, stranger));
  }
  return additions;
}

/** The realm's first tenant with services opens them to everybody. */
function openServices({ tenants }: Realm): Addition[] {
  const provider = tenants.find(({ services }) => services !== undefined);
  if (provider === undefined) return [];
  return (provider.services ?? []).map((service) => openToAll(provider, service));
}

function randomQos(random: Random): Pick<WrittenPolicy, 'qos'> {
  if (random.chance(0.6)) return {};
  const rates = ['10Mbps', '100Mbps', '1Gbps', '2500kbps'];
  const ingress = random.chance(0.5) ? { ingress: random.pick(rates) } : {};
  return { qos: { egress: random.pick(rates), ...ingress } };
}
