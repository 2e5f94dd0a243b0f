import type { HostMeans } from '../port.ts';

/** What a switch and this machine say of themselves. Undefined is what nobody says. */
export interface SaidOfSwitch {
  /** Of the switch: `3.1.0`. */
  readonly version: string | undefined;
  readonly datapathTypes: readonly string[];
  /** Of our bridge; undefined where the switch has none yet, and what follows is not known then. */
  readonly datapathType: string | undefined;
  /** What the datapath is able to do, by the switch's words for it, with `Yes`, `No` or a number. */
  readonly features: ReadonlyMap<string, string> | undefined;
  /** As `ovs-ofctl meter-features` says it. */
  readonly meters: string | undefined;
  /** As `ovs-ofctl --version` says it; undefined where this machine has none. */
  readonly ofctl: string | undefined;
}

/** The versions that are known: the oldest is that of the oldest distribution in use, the others are of major version 3. */
const known = { words: '2.17 to 3.x', pattern: /^(2\.17|3\.\d+)(\.|$)/ };

/** What of connection tracking is needed, as `dpif/show-dp-features` names it, and what cannot be held without it. */
const conntrack = [
  ['CT state', 'replies cannot be told from what opens a connection, and no grant can be held'],
  ['CT zone', 'connections of tenants with equal addresses are one'],
  ['CT orig tuple', 'replies and errors of a connection cannot be judged by the grant that opened it'],
  [
    'CT orig tuple for IPv6',
    'replies and errors of IPv6 cannot be judged by the grant that opened a connection',
  ],
  ['Recirc', 'no packet can be looked at once its connection is known, and no grant can be held'],
] as const;

/** The number of OpenFlow 1.5 in the program's words, as the last of a range. */
const openFlow15 = /OpenFlow versions 0x\d+:0x([0-9a-f]+)/;

/** What a switch is able to do, in words, and what cannot be held there. */
export function meansOf(said: SaidOfSwitch): HostMeans {
  const ofctl = ofctlVersion(said.ofctl);
  const words = [
    `Open vSwitch ${said.version ?? 'of a version that it does not tell'}`,
    said.datapathType === undefined
      ? `datapaths ${said.datapathTypes.join(', ')}, and no bridge of this shard yet by which to tell what they are able to do`
      : `datapath ${said.datapathType} of ${said.datapathTypes.join(', ')}`,
    ...(said.datapathType !== undefined && said.features === undefined
      ? ['which tells only on its own machine whether it tracks connections']
      : []),
    ...(ofctl === undefined ? [] : [`asked by ovs-ofctl ${ofctl}`]),
  ];
  return {
    words: words.join(', '),
    lacks: [
      ...ofVersion(said),
      ...ofProgram(said),
      ...(said.datapathType === undefined ? [] : [...ofDatapath(said), ...ofMeters(said)]),
    ],
  };
}

function ofVersion({ version }: SaidOfSwitch): string[] {
  if (version === undefined)
    return [`does not tell its version: known are ${known.words}, and nothing is known of any other`];
  if (known.pattern.test(version)) return [];
  return [`is of version ${version}: known are ${known.words}, and nothing is known of any other`];
}

function ofProgram({ ofctl }: SaidOfSwitch): string[] {
  if (ofctl === undefined)
    return ['ovs-ofctl is not installed on this machine: no flow can be written there, nor read'];
  const last = openFlow15.exec(ofctl)?.[1];
  if (last !== undefined && Number.parseInt(last, 16) >= 6) return [];
  return ['ovs-ofctl of this machine does not speak OpenFlow 1.5: no change can be made in one step'];
}

function ofctlVersion(ofctl: string | undefined): string | undefined {
  return ofctl === undefined ? undefined : (versionIn(ofctl) ?? 'of a version that it does not tell');
}

/** The version in what a program of Open vSwitch says of itself. */
export function versionIn(words: string): string | undefined {
  return /\(Open vSwitch\) (\S+)/.exec(words)?.[1];
}

function ofDatapath({ features, datapathType = '', datapathTypes }: SaidOfSwitch): string[] {
  const isThere = datapathTypes.includes(datapathType);
  const place = isThere ? [] : [`has no datapath ${datapathType}, which its bridge is on: no packet passes`];
  const lacking = conntrack.filter(([name]) => features !== undefined && features.get(name) !== 'Yes');
  return [...place, ...lacking.map(([name, without]) => `its datapath lacks ${name}: ${without}`)];
}

function ofMeters({ meters }: SaidOfSwitch): string[] {
  if (meters === undefined) return ['does not tell whether it has meters: without them, no rate can be held'];
  const isAble =
    /max_meter:[1-9]/.test(meters) &&
    /band_types:.*\bdrop\b/.test(meters) &&
    /capabilities:.*\bkbps\b/.test(meters);
  return isAble ? [] : ['has no meters that drop beyond so many kilobits a second: no rate can be held'];
}

/** Reads what `dpif/show-dp-features` answers: a line for each, `CT state: Yes`. */
export function featuresIn(answer: string): ReadonlyMap<string, string> {
  return new Map(
    Array.from(answer.matchAll(/^([^:\n]+): (.*)$/gm), ([, name = '', value = '']) => [name, value] as const),
  );
}
