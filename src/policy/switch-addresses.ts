import { formatAddress } from '../../events/address.ts';
import { unixPathMax } from '../../events/names.ts';
import { readAddress } from './addresses.ts';
import { textForm, type Form } from './field-doc.ts';
import { text, type TextField } from './fields.ts';
import { Flaw } from './flaw.ts';

const portMax = 65_535;

/** Ways to a switch that have names with Open vSwitch, and cannot be taken here: why, and what to write. */
const otherWays: ReadonlyMap<string, string> = new Map([
  ['tcp', 'tcp lets anyone on the way read and change what the switch is told: write ssl'],
  ['pssl', 'pssl is where a switch listens: write ssl, with the address and port that it listens on'],
  ['ptcp', 'ptcp is where a switch listens, and tcp is not protected: let it listen on pssl, and write ssl'],
  ['punix', 'punix is where a switch listens: write unix, with that path'],
]);

/** A way to one of the two sides of a switch. `socket` and `port` are examples of that side. */
function switchAddressWith({ socket, port }: { socket: string; port: number }): {
  field: TextField<string>;
  form: Form;
} {
  const words =
    `a way to a switch: unix: with an absolute path, as unix:${socket}, or ` +
    `ssl: with an IP address and a port, as ssl:192.0.2.11:${port} or ssl:[2001:db8::11]:${port}`;
  return {
    field: text((written) => readSwitchAddress(written, words)),
    form: textForm(words, /^(unix:\/[!-~]+|ssl:([0-9.]+|\[[0-9A-Fa-f:.]+\]):[1-9][0-9]{0,4})$/),
  };
}

export const ovsdbAddress = switchAddressWith({ socket: '/run/openvswitch/db.sock', port: 6640 });
export const openflowAddress = switchAddressWith({ socket: '/run/openvswitch/iso-1.mgmt', port: 6653 });

function readSwitchAddress(written: string, allowed: string): string | Flaw {
  const [, way, place = ''] = /^([a-z]+):(.*)$/s.exec(written) ?? [];
  if (way === 'unix') return flawOfPath(place, allowed) ?? written;
  if (way === 'ssl') return readPlace(place, allowed);
  const message = otherWays.get(way ?? '') ?? 'not a way to a switch';
  return new Flaw(message, { allowed });
}

function flawOfPath(path: string, allowed: string): Flaw | undefined {
  if (!path.startsWith('/')) {
    return new Flaw('this path is not absolute: a socket is looked for in one place, whoever asks', {
      allowed,
    });
  }
  if (!/^[!-~]+$/.test(path))
    return new Flaw('a path of a socket has visible ASCII characters alone, and no space', { allowed });
  if (path.length <= unixPathMax) return undefined;
  return new Flaw(`a path of a socket has at most ${unixPathMax} characters, this one has ${path.length}`, {
    allowed,
  });
}

function readPlace(written: string, allowed: string): string | Flaw {
  const [, bracketed, bare, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::([^:]*))?$/.exec(written) ?? [];
  const address = readAddress(bracketed ?? bare ?? written, allowed);
  if (address instanceof Flaw) return address;
  const isBracketed = bracketed !== undefined;
  if ((address.family === 6) !== isBracketed)
    return new Flaw('an IPv6 address stands in brackets here, and no other', { allowed });
  if (address.value === 0n) return new Flaw('no switch is reached at the unspecified address', { allowed });
  if (port === undefined) return new Flaw('a port is missing here', { allowed });
  if (!/^[1-9]\d*$/.test(port) || Number(port) > portMax)
    return new Flaw(`a port is a number from 1 to ${portMax} without leading zeros`, { allowed });
  const text = formatAddress(address);
  return `ssl:${isBracketed ? `[${text}]` : text}:${port}`;
}
