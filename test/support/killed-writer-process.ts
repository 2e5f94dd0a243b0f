import files, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { z } from 'zod';
import { embeddedDriver } from '../../src/overlay/embedded/driver.ts';
import type { HostChange } from '../../src/overlay/port.ts';

// Changes a host, and kills itself at one of the moments between the calls that change its files: the change comes as JSON.
// Each first write of a file is made in two parts, with a moment between them.

const [folder = '', change = '', last = ''] = process.argv.slice(2);

let left = Number(last);

function moment(): void {
  if (left === 0) process.kill(process.pid, 'SIGKILL');
  left -= 1;
}

function watched(file: FileHandle): FileHandle {
  let isHalved = false;
  return new Proxy(file, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]): Promise<unknown> => {
        if (name === 'write' || name === 'writeFile' || name === 'truncate' || name === 'sync') moment();
        const [bytes] = args;
        if (name === 'write' && !isHalved) args[2] = Math.ceil(Number(args[2]) / 2);
        if (name === 'writeFile' && bytes instanceof Uint8Array) {
          await target.write(bytes.subarray(0, bytes.length / 2));
          moment();
          args[0] = bytes.subarray(bytes.length / 2);
        }
        isHalved ||= name === 'write';
        return Reflect.apply(value, target, args);
      };
    },
  });
}

const { open, rename } = files;
files.open = async (...args): Promise<FileHandle> => watched(await open(...args));
files.rename = async (...args): Promise<void> => {
  moment();
  await rename(...args);
  moment();
};
syncBuiltinESMExports();

const parsed = z.custom<HostChange>().parse(JSON.parse(change));
await embeddedDriver({ folder, ledger: 'l-1', shard: 'shard-1' }).apply('hv-1', parsed);
moment();
