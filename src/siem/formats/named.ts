import { cloudEvents } from './cloudevents.ts';
import { entries } from './entries.ts';
import type { EventFormat } from './format.ts';

/** The formats that there are. Each name is what a command, a sink or a reader of the feed asks for. */
export const formatNames = ['entries', 'cloudevents'] as const;
export type FormatName = (typeof formatNames)[number];

/** The format of a name. */
export function formatNamed(name: FormatName): EventFormat {
  switch (name) {
    case 'entries':
      return entries;
    case 'cloudevents':
      return cloudEvents;
  }
}
