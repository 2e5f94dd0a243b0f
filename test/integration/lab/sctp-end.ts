import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Lab } from '../../../infra/lab/lab.ts';

/** What a packet of SCTP holds: the first of an association, or the answer to it. */
export type SctpChunk = 'INIT' | 'INIT ACK';

interface SctpPacket {
  readonly to: SctpEnd;
  /** From which port to which. */
  readonly ports: readonly [from: number, to: number];
  readonly chunk: SctpChunk;
  /** How many bytes it has at least: what is longer than a packet may be is fragmented. */
  readonly length?: number;
}

/** The longest time in which a packet arrives that passes: the first ones are lost while switches find each other. */
const passMs = 10_000;
/** How often a packet is sent until it arrives, or does not. */
const beatMs = 50;
/** So often a packet is sent of which none is to arrive. */
const beats = 8;
/** So many packets of a flood are sent at once. */
const floodAtOnce = 64;

const python = fileURLToPath(new URL('sctp-end.py', import.meta.url));

/** A workload that sends and hears packets of SCTP as raw bytes. */
export class SctpEnd implements Disposable {
  readonly address: string;
  readonly #process: ChildProcessWithoutNullStreams;
  /** Those that came, as `ADDRESS HEX`. */
  readonly #heard = new Set<string>();
  #sent = 0;

  private constructor(address: string, process: ChildProcessWithoutNullStreams) {
    this.address = address;
    this.#process = process;
    createInterface({ input: process.stdout }).on('line', (line) => this.#heard.add(line));
  }

  static async at(lab: Lab, who: string, address: string): Promise<SctpEnd> {
    const { argv, env } = lab.commandAt(who, ['python3', python]);
    const [name = '', ...args] = argv;
    const process = spawn(name, args, { env, stdio: 'pipe' });
    const end = new SctpEnd(address, process);
    await once(process.stdout, 'data');
    return end;
  }

  /** Whether a packet arrives, which is sent until it does. */
  async passes(packet: SctpPacket): Promise<boolean> {
    for (let waitedMs = 0; waitedMs < passMs; waitedMs += beatMs) if (await this.#send(packet)) return true;
    return false;
  }

  /** Whether none of several packets arrives. */
  async isDropped(packet: SctpPacket): Promise<boolean> {
    let isHeard = false;
    for (let beat = 0; beat < beats; beat++) isHeard = (await this.#send(packet)) || isHeard;
    return !isHeard;
  }

  /** Sends packets that open associations from each of many ports, and does not wait for any. */
  async floods(to: SctpEnd, { ports, port }: { ports: Iterable<number>; port: number }): Promise<void> {
    let lines = 0;
    for (const own of ports) {
      const bytes = packetBytes({ ports: [own, port], chunk: 'INIT', tag: own });
      this.#process.stdin.write(`${to.address} ${bytes.toString('hex')}\n`);
      lines += 1;
      // A switch in user space takes a few hundred packets at a time, and forgets the rest.
      if (lines % floodAtOnce === 0) await pause(beatMs);
    }
  }

  [Symbol.dispose](): void {
    this.#process.kill('SIGKILL');
  }

  async #send({ to, ...packet }: SctpPacket): Promise<boolean> {
    this.#sent += 1;
    const bytes = packetBytes({ ...packet, tag: this.#sent }).toString('hex');
    this.#process.stdin.write(`${to.address} ${bytes}\n`);
    await pause(beatMs);
    return to.#heard.has(`${this.address} ${bytes}`);
  }
}

/** RFC 9260, sections 3.1, 3.3.2 and 3.3.3. `tag` tells packets apart. What is beyond the chunk is nought. */
function packetBytes({
  ports: [from, to],
  chunk,
  length = 32,
  tag,
}: Omit<SctpPacket, 'to'> & { readonly tag: number }): Buffer {
  const packet = Buffer.alloc(length);
  packet.writeUInt16BE(from, 0);
  packet.writeUInt16BE(to, 2);
  packet.writeUInt32BE(chunk === 'INIT' ? 0 : 1, 4);
  packet.writeUInt8(chunk === 'INIT' ? 1 : 2, 12);
  packet.writeUInt16BE(20, 14);
  packet.writeUInt32BE(tag, 16);
  packet.writeUInt32BE(65_535, 20);
  packet.writeUInt16BE(10, 24);
  packet.writeUInt16BE(10, 26);
  packet.writeUInt32BE(1, 28);
  packet.writeUInt32LE(crc32c(packet), 8);
  return packet;
}

/** Castagnoli's checksum, bit by bit. */
function crc32c(bytes: Buffer): number {
  let sum = 0xffff_ffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0x82f6_3b78 : 0);
  }
  return (sum ^ 0xffff_ffff) >>> 0;
}
