import { existsSync, watch, type FSWatcher } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Happenings } from '../watching.ts';
import { unavailable } from './open-host.ts';

/**
 * Hears of a host's file until the signal aborts. It is the folder that is watched: a file that is replaced is another one of the same
 * name. Where the folder is not there, that one is watched in which it is to come. Throws OverlayUnavailable.
 */
export function listenToFile(path: string, happenings: Happenings, signal: AbortSignal): void {
  let watcher: FSWatcher | undefined;
  const fail = (cause: unknown): void => {
    watcher?.close();
    happenings.fail(unavailable(path, 'read', cause));
  };
  const begin = (): void => {
    watcher?.close();
    const place = placeToWatch(path);
    watcher = watch(place.folder, (_event, name) => {
      if (name === basename(place.awaited)) {
        if (place.awaited !== path) beginAnew();
        happenings.tell(`${path} was changed`);
      } else if (name === basename(place.folder)) {
        // A folder that is taken away is told of by its own name.
        beginAnew();
        happenings.tell(`the folder of ${path} was changed`);
      }
    }).on('error', fail);
    // What came while nobody listened yet is told by nobody.
    if (place.awaited !== path && existsSync(place.awaited)) begin();
  };
  const beginAnew = (): void => {
    try {
      begin();
    } catch (error) {
      fail(error);
    }
  };
  if (signal.aborted) return;
  try {
    begin();
  } catch (error) {
    watcher?.close();
    throw unavailable(path, 'read', error);
  }
  signal.addEventListener(
    'abort',
    () => {
      watcher?.close();
    },
    { once: true },
  );
}

/** The innermost folder that is there on the way to a file, and what is to come in it. */
function placeToWatch(path: string): { folder: string; awaited: string } {
  let awaited = path;
  while (!existsSync(dirname(awaited)) && dirname(awaited) !== awaited) awaited = dirname(awaited);
  return { folder: dirname(awaited), awaited };
}
