import { hostname } from 'node:os';
import manifest from '../../package.json' with { type: 'json' };
import { folderOfSinks } from '../ledger/derived.ts';
import type { Cursor } from '../ledger/replay.ts';
import { formatNamed } from '../siem/formats/named.ts';
import { CursorPlace } from '../siem/sinks/cursor.ts';
import { fileSink } from '../siem/sinks/file/sink.ts';
import type { Forwarder } from '../siem/sinks/forwarder.ts';
import type { SinkSettings } from '../siem/sinks/settings.ts';
import type { Workspace } from '../tasks/workspace.ts';

export type PlaceOfSinks = Pick<Workspace, 'ledger' | 'clock' | 'statePath' | 'requireOwnFolder'> & {
  readonly confirmed: readonly Cursor[];
};

/** What delivers a ledger to a sink. */
export function forwarderTo(settings: SinkSettings, place: PlaceOfSinks): Forwarder {
  const { ledger, clock, confirmed, statePath, requireOwnFolder } = place;
  const { name, format, ocsfVersion } = settings;
  const folder = folderOfSinks(statePath);
  return {
    ...{ name, ledger, clock, confirmed },
    format: formatNamed(format, { ocsfVersion }),
    context: { ledgerId: ledger.id, version: manifest.version, host: hostname() },
    cursor: new CursorPlace({ folder, ledger: ledger.id, sink: name, requireOwnFolder }),
    random: Math.random,
    open: () => fileSink(settings),
  };
}

/** Where a sink delivers to, as it may be shown. */
export function addressOf(settings: SinkSettings): string {
  return settings.path;
}
