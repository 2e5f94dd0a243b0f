import { isIP } from 'node:net';
import { UsageError } from '../../../runtime/errors.ts';

/** A place where an ovsdb-server listens. There is no plain TCP: whoever is between could change any switch. */
export type OvsdbEndpoint =
  | { readonly kind: 'unix'; readonly path: string; readonly text: string }
  | { readonly kind: 'ssl'; readonly host: string; readonly port: number; readonly text: string };

const howToWrite = 'write unix:PATH or ssl:HOST:PORT (an IPv6 address in brackets: ssl:[2001:db8::1]:6640)';

const portMax = 65_535;

/** Reads endpoints that are separated by commas, in the order in which they are tried. Throws UsageError. */
export function parseOvsdbEndpoints(text: string): readonly OvsdbEndpoint[] {
  return text.split(',').map((part) => parseOvsdbEndpoint(part.trim()));
}

function parseOvsdbEndpoint(text: string): OvsdbEndpoint {
  const [, scheme = '', rest = ''] = /^([a-z]+):(.*)$/s.exec(text) ?? [];
  switch (scheme) {
    case 'unix':
      return unixEndpoint(text, rest);
    case 'ssl':
      return sslEndpoint(text, rest);
    case 'tcp':
      throw refusal(text, 'plain TCP is not taken, since anybody on the way could change the switch');
    default:
      throw refusal(text, 'this is no place of an OVSDB server');
  }
}

function unixEndpoint(text: string, path: string): OvsdbEndpoint {
  if (path === '') throw refusal(text, 'the path of the socket is missing');
  // A path with a zero byte would be cut there, or name a socket outside of the file system.
  if (path.includes('\0')) throw refusal(text, 'the path of the socket holds a zero byte');
  return { kind: 'unix', path, text };
}

function sslEndpoint(text: string, rest: string): OvsdbEndpoint {
  const [, bracketed, plain, digits] = /^(?:\[([^[\]]*)\]|([^:[\]]*)):([^:]*)$/.exec(rest) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || digits === undefined) throw refusal(text, 'it does not read as HOST:PORT');
  if (bracketed !== undefined && isIP(bracketed) !== 6)
    throw refusal(text, 'in the brackets is no IPv6 address');
  if (bracketed === undefined && !/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(host))
    throw refusal(text, 'the host is neither an address nor a name');
  const port = /^[1-9]\d{0,4}$/.test(digits) ? Number(digits) : Infinity;
  if (port > portMax) throw refusal(text, `the port is not a number from 1 to ${String(portMax)}`);
  return { kind: 'ssl', host, port, text };
}

function refusal(text: string, problem: string): UsageError {
  return new UsageError(`OVSDB endpoint ${JSON.stringify(text)}: ${problem}; ${howToWrite}`);
}
