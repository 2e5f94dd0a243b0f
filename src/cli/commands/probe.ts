import type { Command } from 'commander';
import { z } from 'zod';
import { parseAddress } from '../../../events/address.ts';
import type { Packet } from '../../overlay/port.ts';
import { inSession, ledgerCommand, type CommonOptions, type Shell } from '../command.ts';
import { UsageError } from '../../runtime/errors.ts';
import { outJson } from '../io.ts';
import { endpointNamed } from '../name-endpoint.ts';
import { type Session } from '../session.ts';
import { loadEstate } from '../../tasks/workspace.ts';

export function probeCommand(shell: Shell): Command {
  return ledgerCommand('probe', {
    summary: 'what the overlay itself would do with a packet that opens a connection',
    example: `isoledger probe acme-corp/web-1 '{"src":"10.1.0.11","dst":"10.2.0.5","protocol":"tcp","srcPort":40000,"dstPort":443}'`,
  })
    .argument('<from-endpoint>', 'tenant/endpoint, or an external')
    .argument('<packet>', 'JSON: src, dst, protocol, and srcPort and dstPort for tcp, udp and sctp')
    .action(async (from: string, packet: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions>();
      const parsed = parsePacket(packet);
      await inSession(shell, { options }, (session) => probe(session, { from, packet: parsed, options }));
    });
}

const port = z.int().min(0).max(65_535);
const address = z.string().refine((text) => parseAddress(text) !== undefined);
const protocolNumber = z.int().min(0).max(255);
const packetSchema = z.strictObject({
  src: address,
  dst: address,
  protocol: z.union([z.enum(['tcp', 'udp', 'sctp', 'icmp']), protocolNumber, z.string().regex(/^\d{1,3}$/)]),
  srcPort: port.nullish(),
  dstPort: port.nullish(),
});

/** IP protocol numbers (IANA) of the protocols that acls name; ICMP for IPv6 is icmp too. */
const byNumber: Readonly<Record<string, string>> = {
  1: 'icmp',
  6: 'tcp',
  17: 'udp',
  58: 'icmp',
  132: 'sctp',
};

/** Reads a packet as in a witness. Throws UsageError. */
function parsePacket(text: string): Packet {
  const parsed = packetSchema.safeParse(parseJson(text));
  if (!parsed.success)
    throw badPacket(`at ${parsed.error.issues.map(({ path }) => path.join('.') || 'its top').join(', ')}`);
  const { src, dst, srcPort, dstPort } = parsed.data;
  if (parseAddress(src)?.family !== parseAddress(dst)?.family)
    throw badPacket('src is IPv4 and dst IPv6, or the reverse');
  const protocol = byNumber[String(parsed.data.protocol)] ?? String(parsed.data.protocol);
  const hasPorts = ['tcp', 'udp', 'sctp'].includes(protocol);
  if (hasPorts && dstPort === undefined) throw badPacket(`${protocol} needs dstPort`);
  return {
    src,
    dst,
    protocol,
    ...(hasPorts && typeof srcPort === 'number' ? { srcPort } : {}),
    ...(hasPorts && typeof dstPort === 'number' ? { dstPort } : {}),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badPacket('it is not JSON');
  }
}

function badPacket(why: string): UsageError {
  return new UsageError(
    `the packet cannot be read: ${why}. It is JSON such as ` +
      '{"src":"10.1.0.11","dst":"10.2.0.5","protocol":"tcp","srcPort":40000,"dstPort":443}',
  );
}

async function probe(
  session: Session,
  { from, packet, options }: { from: string; packet: Packet; options: CommonOptions },
): Promise<undefined> {
  const { state } = await loadEstate(session);
  const result = await session.probe.probe(endpointNamed(state.intended.directory, from), packet);
  if (options.json === true) outJson(session.io, { formatVersion: 1, ...result });
  else if (result.delivered) session.io.out(`delivered to ${result.to ?? ''} (${result.rule})\n`);
  else session.io.out(`dropped: ${result.rule}\n`);
}
