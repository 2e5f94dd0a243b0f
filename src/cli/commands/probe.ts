import type { Command } from 'commander';
import type { Packet } from '../../overlay/port.ts';
import { probe } from '../../tasks/probe.ts';
import { readPacket } from '../../tasks/read-packet.ts';
import { inSession, ledgerCommand, type CommonOptions, type Shell } from '../command.ts';
import { outJson } from '../io.ts';
import type { Session } from '../session.ts';
import { say } from '../../words/shown.ts';

export function probeCommand(shell: Shell): Command {
  return ledgerCommand('probe', {
    summary: 'what the overlay itself would do with a packet that opens a connection',
    example: `isoledger probe acme-corp/web-1 '{"src":"10.1.0.11","dst":"10.2.0.5","protocol":"tcp","srcPort":40000,"dstPort":443}'`,
  })
    .argument('<from-endpoint>', 'tenant/endpoint, or an external')
    .argument('<packet>', 'JSON: src, dst, protocol, and srcPort and dstPort for tcp, udp and sctp')
    .action(async (from: string, packet: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions>();
      const parsed = readPacket(packet);
      await inSession(shell, { options }, (session) => ask(session, { from, packet: parsed, options }));
    });
}

async function ask(
  session: Session,
  { from, packet, options }: { from: string; packet: Packet; options: CommonOptions },
): Promise<undefined> {
  const result = await probe(session, { from, packet });
  if (options.json === true) outJson(session.io, { formatVersion: 1, ...result });
  else if (result.delivered) session.io.out(say`delivered to ${result.to ?? ''} (${result.rule})\n`);
  else session.io.out(say`dropped: ${result.rule}\n`);
}
