import { join, resolve } from 'node:path';
import { defined } from '../../../events/codec/defined.ts';
import type { OverlayObject } from '../../../events/overlay-objects.ts';
import { objectsAfter } from '../delta.ts';
import { asFound, Fenced, OverlayUnavailable } from '../faults.ts';
import { refusalOf } from '../fence.ts';
import type {
  ExpectedSet,
  HeldSet,
  HostChange,
  HostMark,
  HostReading,
  OutsideChange,
  OverlayDriver,
} from '../port.ts';
import { comparedWith } from './compare.ts';
import {
  appendChange,
  bytesOf,
  changeMax,
  holdingOf,
  hostFileEnding,
  hostFilePath,
  markOf,
  readHead,
  replaceHostFile,
  setIn,
  standingOf,
  wholeOf,
  type HostStanding,
  type Marked,
} from './host-file.ts';
import { headOf, unreadable } from './host-set.ts';
import { changeText, fileText, setText, type HostFile } from './host-text.ts';
import { systemClock, type Clock } from '../../runtime/clock.ts';
import { inTurn } from '../../runtime/in-turn.ts';
import { removeBrokenOff } from '../../runtime/left-overs.ts';
import { watchHost } from '../watching.ts';
import { listenToFile } from './host-watch.ts';
import { withHost, type OpenHost } from './open-host.ts';
import { SetInLines } from './set-in-lines.ts';

/** Changes may take as many bytes as the set that they follow, or this many. Then the set is written whole. */
const appendedMin = 65_536;

interface EmbeddedOverlay {
  readonly folder: string;
  readonly ledger: string;
  readonly shard: string;
  /** The machine's, where none is given. */
  readonly clock?: Clock;
}

/** Drives the embedded overlay of one shard: every host is a file under `folder`, named by shard and host. */
export function embeddedDriver(options: EmbeddedOverlay): OverlayDriver {
  return new EmbeddedDriver(options);
}

/** Where a file lies, and what it should be. */
type FilePlace = HostFile & { readonly path: string };

/** What was written into a file: these bytes from there on. */
interface Written {
  readonly position: number;
  readonly bytes: Buffer;
}

/** A host that was read: what follows its first line, and what came of that. */
interface LastRead {
  readonly set: SetInLines;
  readonly body: Buffer;
  readonly reading: HostReading;
}

class EmbeddedDriver implements OverlayDriver {
  readonly name = 'embedded';
  readonly #overlay: EmbeddedOverlay;
  /** The set that the hosts were last given, or compared with. */
  #set = new SetInLines([]);
  /** The host that was read last. */
  #last: LastRead | undefined;

  constructor(overlay: EmbeddedOverlay) {
    this.#overlay = overlay;
  }

  mark(host: string): Promise<HostMark> {
    return asFound(() => this.#mark(host));
  }

  /** Hosts are read side by side, so that one that stands still keeps no other waiting. */
  read(host: string, expected: ExpectedSet): Promise<HostReading> {
    return asFound(() => this.#read(host, expected));
  }

  async #mark(host: string): Promise<HostMark> {
    const place = this.#placeOf(host);
    return withHost(place.path, { toAppend: false }, async (file) =>
      markOf(file === undefined ? undefined : await standingOf(file, place)),
    );
  }

  async #read(host: string, expected: ExpectedSet): Promise<HostReading> {
    const place = this.#placeOf(host);
    return withHost(place.path, { toAppend: false }, async (file): Promise<HostReading> => {
      if (file === undefined) return { kind: 'nothing' };
      const reading = await this.#readingOf(file, place, expected);
      return reading.kind === 'unreadable' ? ofAnotherOr(reading, await standingOf(file, place)) : reading;
    });
  }

  /** Most hosts need only be compared with one before; where several are read at once, with the first that is there. */
  async #readingOf(file: OpenHost, place: FilePlace, expected: ExpectedSet): Promise<HostReading> {
    const set = this.#inLines([...expected.objects.values()]);
    const { text, end } = await readHead(file);
    const before = this.#last;
    if (before?.set === set && (await file.endsWith(end, before.body))) return ofHead(text, place, before);
    const bytes = await bytesOf(file);
    if ('problem' in bytes) return bytes;
    const body = bytes.subarray(end);
    const last = this.#last;
    if (last?.set === set && last.body.equals(body)) return ofHead(text, place, last);
    const found = setIn(bytes, { ...place, known: set.known() });
    if (found.kind === 'unreadable') return found;
    const reading = comparedWith(expected, found);
    this.#last = { set, body, reading };
    return reading;
  }

  async apply(host: string, change: HostChange): Promise<HeldSet> {
    const place = this.#placeOf(host);
    return inTurn(resolve(place.path), async () => this.#readBack(place, await this.#change(place, change)));
  }

  tidy(): void {
    const { folder, shard } = this.#overlay;
    removeBrokenOff(join(folder, shard), hostFileEnding);
  }

  watch(host: string, signal: AbortSignal): Promise<AsyncIterable<OutsideChange>> {
    const { path } = this.#placeOf(host);
    const { clock = systemClock } = this.#overlay;
    return watchHost({
      host,
      clock,
      signal,
      mark: () => this.mark(host),
      listen: (happenings, until) =>
        Promise.try(() => {
          listenToFile(path, happenings, until);
          return {};
        }),
    });
  }

  #change(place: FilePlace, change: HostChange): Promise<Written> {
    return withHost(place.path, { toAppend: true }, (file) => this.#changeIn(file, place, change));
  }

  async #changeIn(file: OpenHost | undefined, place: FilePlace, change: HostChange): Promise<Written> {
    const { host } = place;
    const standing = file === undefined ? undefined : await standingOf(file, place);
    if (standing?.kind === 'unreadable' && standing.ofAnother !== undefined)
      throw new Fenced({ host, plan: change.plan, held: standing.ofAnother, is: 'shard' });
    const refusal = refusalOf(host, markOf(standing), change);
    if (refusal !== undefined) throw refusal;
    if (file === undefined || standing?.kind !== 'marked' || typeof change.from === 'string')
      return await writeWhole(place, { set: this.#inLines(change.put).text(), mark: change });
    return await this.#leadOn(place, { file, standing, change });
  }

  async #leadOn(
    place: FilePlace,
    { file, standing, change }: { file: OpenHost; standing: Marked; change: HostChange },
  ): Promise<Written> {
    const { mark, end, isEnded, setBytes } = standing;
    const bytes = Buffer.from(`${isEnded ? '' : '\n'}${changeText(mark.change + 1, change)}\n`);
    const isOutgrown =
      end - setBytes + bytes.length > Math.max(setBytes, appendedMin) || bytes.length > changeMax;
    if (isOutgrown || !file.isOwn) {
      const found = await wholeOf(file, { ...place, known: this.#set.known() });
      // What cannot be read stays, for whoever reads the whole host.
      if (found.kind === 'objects')
        return writeWhole(place, {
          set: setText(objectsAfter(found.objects, change).values()),
          mark: change,
        });
    }
    if (!file.isOwn)
      throw new OverlayUnavailable(
        `${place.path} cannot be written: it is a link, or its own name is not the only one`,
      );
    await appendChange(file, { end, bytes });
    return { position: end, bytes };
  }

  async #readBack(place: FilePlace, { position, bytes }: Written): Promise<HeldSet> {
    return withHost(place.path, { toAppend: false }, async (file) => {
      const found = await file?.read(position, bytes.length + 1);
      const standing = file === undefined ? undefined : await standingOf(file, place);
      if (standing?.kind === 'marked' && found?.equals(bytes) === true) return holdingOf(standing.mark);
      throw new OverlayUnavailable(`${place.path} was written and cannot be read back`);
    });
  }

  #placeOf(host: string): FilePlace {
    const { folder, ledger, shard } = this.#overlay;
    return { ledger, shard, host, path: hostFilePath(folder, { shard, host }) };
  }

  #inLines(objects: readonly OverlayObject[]): SetInLines {
    if (!this.#set.isOf(objects)) this.#set = new SetInLines(objects);
    return this.#set;
  }
}

/** The reading of a host whose file is that of another one below its first line. Throws ForeignState. */
function ofHead(text: string, place: FilePlace, { reading }: LastRead): HostReading {
  const head = headOf(text, place);
  return head.kind === 'unreadable' ? head : reading;
}

/** A file that cannot be read, with the plan of another shard where it says that it holds one. */
function ofAnotherOr(
  { problem }: Extract<HostReading, { kind: 'unreadable' }>,
  standing: HostStanding,
): HostReading {
  const { ofAnother } = standing.kind === 'unreadable' ? standing : {};
  return { ...unreadable(problem), ...defined({ ofAnother }) };
}

async function writeWhole(place: FilePlace, { set, mark }: { set: string; mark: HeldSet }): Promise<Written> {
  const bytes = Buffer.from(fileText(place, { set, mark }));
  await replaceHostFile(place.path, bytes);
  return { position: 0, bytes };
}
