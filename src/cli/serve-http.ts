import type { HttpRoleMeans, HttpSettings } from '../api/http-role.ts';
import { UnusableKey } from '../runtime/config.ts';
import { readGivenText } from '../runtime/given-file.ts';
import { requireTlsFiles } from '../runtime/tls-files.ts';
import type { ServeRole } from '../serve/role.ts';
import type { HttpSection } from '../tasks/http-section.ts';
import type { ServiceConfig } from '../tasks/service-config.ts';

/** The fewest characters of a token. */
const tokenMin = 16;

/** The role that answers by HTTP, where the configuration says so. Throws UnusableKey: a service that cannot keep others out does not start. */
export async function httpRoles(
  { http }: ServiceConfig,
  means: Omit<HttpRoleMeans, 'settings'>,
): Promise<readonly ServeRole[]> {
  if (http === undefined) return [];
  const settings = httpSettings(http);
  // What answers by HTTP is much to be read: only a service that does so reads it.
  const { httpRole } = await import('../api/http-role.ts');
  return [httpRole({ ...means, settings })];
}

/** Reads the files that the section names. Throws UnusableKey. */
export function httpSettings({ files, ...address }: HttpSection): HttpSettings {
  const { token } = files;
  return { ...address, token: token && tokenIn(token), tls: tlsIn(files) };
}

function tlsIn({ tlsKey, tlsCertificate, clientCa }: HttpSection['files']): HttpSettings['tls'] {
  if (tlsKey === undefined || tlsCertificate === undefined) return undefined;
  const keys = { privateKey: 'tlsKeyFile', certificate: 'tlsCertificateFile', ca: 'clientCaFile' };
  requireTlsFiles({ privateKey: tlsKey, certificate: tlsCertificate, ca: clientCa }, (which) => [
    'http',
    keys[which],
  ]);
  return {
    key: textOf(tlsKey, 'tlsKeyFile'),
    cert: textOf(tlsCertificate, 'tlsCertificateFile'),
    clientCa: clientCa && textOf(clientCa, 'clientCaFile'),
  };
}

function tokenIn(path: string): string {
  const token = textOf(path, 'tokenFile').trim();
  if (token.length >= tokenMin && /^[\x21-\x7e]+$/.test(token)) return token;
  throw new UnusableKey(
    ['http', 'tokenFile'],
    `${path} holds no token: it is one line of at least ${String(tokenMin)} characters without spaces`,
  );
}

function textOf(path: string, key: string): string {
  const given = readGivenText(path);
  if ('text' in given) return given.text;
  throw new UnusableKey(['http', key], `${path} cannot be read: ${given.problem}`);
}

/** As a URL. */
export function shownAddress({ host, port, tls }: HttpSettings): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return `${tls === undefined ? 'http' : 'https'}://${name}:${String(port)}`;
}
