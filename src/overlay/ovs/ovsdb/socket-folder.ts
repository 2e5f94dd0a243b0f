import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The folder in which a switch has a file beside the socket of its database: that of the path as it is given, where the file is there;
 * else that of the socket itself, since the path may be a link.
 */
export function folderBeside(socket: string, file: string): string {
  const given = dirname(socket);
  if (existsSync(join(given, file))) return given;
  try {
    return dirname(realpathSync(socket));
  } catch {
    return given;
  }
}
