import type { GrantAcl, QuarantineAcl } from '../../../../events/overlay-objects.ts';

/**
 * What flows say of the acls that they stand for, as bytes of a `note` action: a count, and for each acl its id (12 bytes).
 * A grant goes on with its protocol (a byte), the number of its port ranges (2 bytes, 0 for all ports) and each range (2
 * and 2 bytes); a quarantine with 1 if it is wholly, else 0. A switch reads none of it.
 */
export type NotedGrant = Pick<GrantAcl, 'id' | 'protocol' | 'ports'>;
export type NotedCut = Pick<QuarantineAcl, 'id' | 'wholly'>;

const protocolNumbers = { any: 0, icmp: 1, tcp: 6, udp: 17, sctp: 132 } as const;

/** A note's action for grants, in the order that they are given in. */
export function grantNote(grants: readonly NotedGrant[]): string {
  let bytes = twoBytes(grants.length);
  for (const { id, protocol, ports = [] } of grants) {
    bytes += `${id}${oneByte(protocolNumbers[protocol])}${twoBytes(ports.length)}`;
    for (const [first, last] of ports) bytes += `${twoBytes(first)}${twoBytes(last)}`;
  }
  return noteAction(bytes);
}

/** A note's action for quarantines. */
export function cutNote(cuts: readonly NotedCut[]): string {
  const parts = cuts.map(({ id, wholly }) => `${id}${oneByte(wholly === true ? 1 : 0)}`);
  return noteAction(`${twoBytes(cuts.length)}${parts.join('')}`);
}

function oneByte(value: number): string {
  return value.toString(16).padStart(2, '0');
}

function twoBytes(value: number): string {
  return value.toString(16).padStart(4, '0');
}

/** A switch keeps 6 bytes of a note, or 8 more, or 8 more than that: the rest is zero. */
function noteAction(bytes: string): string {
  const padding = (((12 - bytes.length) % 16) + 16) % 16;
  const padded = bytes + '0'.repeat(padding);
  const spelt = Buffer.alloc((padded.length / 2) * 3);
  // Character by character: a host may have tens of thousands of notes.
  for (let at = 0, to = 0; at < padded.length; at += 2, to += 3) {
    spelt[to] = padded.charCodeAt(at);
    spelt[to + 1] = padded.charCodeAt(at + 1);
    spelt[to + 2] = dot;
  }
  return `note:${spelt.toString('latin1', 0, spelt.length - 1)}`;
}

const dot = '.'.charCodeAt(0);

/** The grants of a note's action; undefined where it is none that grantNote made. */
export function readGrantNote(action: string): NotedGrant[] | undefined {
  return readNote(action, (bytes) => {
    const id = bytes.id();
    const protocol = protocolNames.get(bytes.number(1));
    const ports = Array.from({ length: bytes.number(2) }, (): [number, number] => [
      bytes.number(2),
      bytes.number(2),
    ]);
    return protocol === undefined ? undefined : { id, protocol, ...(ports.length === 0 ? {} : { ports }) };
  });
}

/** The quarantines of a note's action; undefined where it is none that cutNote made. */
export function readCutNote(action: string): NotedCut[] | undefined {
  return readNote(action, (bytes) => {
    const id = bytes.id();
    const wholly = bytes.number(1);
    return wholly > 1 ? undefined : { id, ...(wholly === 1 ? { wholly: true as const } : {}) };
  });
}

const protocolNames: ReadonlyMap<number, NotedGrant['protocol']> = new Map(
  (['any', 'icmp', 'tcp', 'udp', 'sctp'] as const).map((name) => [protocolNumbers[name], name]),
);

/** Bytes that are read from the first to the last. What is beyond the last is zero, as a note is padded; `isOver` tells. */
class NoteBytes {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isOver(): boolean {
    return this.#at > this.#bytes.length;
  }

  id(): string {
    return this.#take(12).toString('hex');
  }

  number(length: number): number {
    return Number.parseInt(`0${this.#take(length).toString('hex')}`, 16);
  }

  #take(length: number): Buffer {
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}

/** A whole note, part by part: undefined where a part is none, or where the parts end before their count is full. */
function readNote<Part>(
  action: string,
  readPart: (bytes: NoteBytes) => Part | undefined,
): Part[] | undefined {
  const [, hex] = /^note:((?:[0-9a-f]{2}\.)*[0-9a-f]{2})$/.exec(action) ?? [];
  if (hex === undefined) return undefined;
  const bytes = new NoteBytes(Buffer.from(hex.replaceAll('.', ''), 'hex'));
  const parts: Part[] = [];
  for (let left = bytes.number(2); left > 0; left--) {
    const part = readPart(bytes);
    if (part === undefined || bytes.isOver) return undefined;
    parts.push(part);
  }
  return parts;
}
