import type { StreamMetadata } from './stream-metadata.ts';
import { accessDenied, unauthenticated } from './rpc-error.ts';
import type { RpcError } from './rpc-error.ts';
import type { Access, AnyCall } from './server-context.ts';

/** Passwords by user name. The user `admin` may do everything. */
export type Users = Readonly<Record<string, string>>;

const listOf = { read: '$r', write: '$w', delete: '$d' } as const;

/**
 * Without an access list only whoever names a user is let in: as a real server whose `$settings` say so. A wrong
 * password is refused before anything else.
 */
export function refuseAccess(
  users: Users | undefined,
  call: AnyCall,
  metadata: StreamMetadata,
  access: Access,
): RpcError | undefined {
  if (users === undefined) return undefined;
  const [header] = call.metadata.get('authorization');
  const [, encoded] = /^Basic (.*)$/.exec(String(header ?? '')) ?? [];
  const list = metadata.$acl?.[listOf[access]];
  const allowed = new Set(list === undefined ? undefined : [list].flat());
  if (encoded === undefined) return allowed.has('$all') ? undefined : accessDenied();
  const [name = '', ...password] = Buffer.from(encoded, 'base64').toString().split(':');
  if (users[name] === undefined || users[name] !== password.join(':')) return unauthenticated();
  const isLetIn = list === undefined || name === 'admin' || allowed.has(name) || allowed.has('$all');
  return isLetIn ? undefined : accessDenied();
}
