import { hostname } from 'node:os';
import manifest from '../../package.json' with { type: 'json' };
import { folderOfSinks } from '../ledger/derived.ts';
import type { Cursor } from '../ledger/replay.ts';
import { formatNamed } from '../siem/formats/named.ts';
import { CursorPlace } from '../siem/sinks/cursor.ts';
import type { DeliveryCounts } from '../siem/sinks/delivery-counts.ts';
import { fileSink } from '../siem/sinks/file/sink.ts';
import type { Forwarder } from '../siem/sinks/forwarder.ts';
import type { OnBroken, Sink } from '../siem/sinks/port.ts';
import { elasticsearchSink } from '../siem/sinks/elasticsearch/sink.ts';
import { hecSink } from '../siem/sinks/hec/sink.ts';
import { syslogSink } from '../siem/sinks/syslog/sink.ts';
import { webhookSink } from '../siem/sinks/webhook/sink.ts';
import type { Clock } from '../runtime/clock.ts';
import type { SinkOrigin, SinkSettings } from '../siem/sinks/settings.ts';
import type { Workspace } from '../tasks/workspace.ts';

export type PlaceOfSinks = Pick<Workspace, 'ledger' | 'clock' | 'statePath' | 'requireOwnFolder'> & {
  readonly confirmed: readonly Cursor[];
  readonly counts?: DeliveryCounts | undefined;
};

/** What delivers a ledger to a sink. */
export function forwarderTo(settings: SinkSettings, place: PlaceOfSinks): Forwarder<CursorPlace> {
  const { ledger, clock, confirmed, counts, statePath, requireOwnFolder } = place;
  const { name, format, ocsfVersion } = settings;
  const host = hostname();
  const folder = folderOfSinks(statePath);
  return {
    ...{ name, ledger, clock, confirmed, counts },
    format: formatNamed(format, { ocsfVersion }),
    context: { ledgerId: ledger.id, version: manifest.version, host },
    cursor: new CursorPlace({ folder, ledger: ledger.id, sink: name, requireOwnFolder }),
    random: Math.random,
    open: (onBroken) => sinkOf(settings, { ledgerId: ledger.id, host, format }, clock, onBroken),
  };
}

function sinkOf(settings: SinkSettings, origin: SinkOrigin, clock: Clock, onBroken?: OnBroken): Sink {
  switch (settings.kind) {
    case 'file':
      return fileSink(settings);
    case 'webhook':
      return webhookSink(settings, origin, clock);
    case 'syslog':
      return syslogSink(settings, origin, clock, onBroken);
    case 'hec':
      return hecSink(settings, origin, clock);
    case 'elasticsearch':
      return elasticsearchSink(settings, origin, clock);
  }
}

/** Where a sink delivers to, as it may be shown. */
export function addressOf(settings: SinkSettings): string {
  switch (settings.kind) {
    case 'file':
      return settings.path;
    case 'syslog':
      return `${settings.transport}://${settings.host}:${String(settings.port)}`;
    case 'webhook':
    case 'hec':
    case 'elasticsearch': {
      const { origin, pathname } = new URL(settings.url);
      return `${origin}${pathname}`;
    }
  }
}
