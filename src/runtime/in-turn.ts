/** The work at each place (a path, or the one who reads) that was begun last, for as long as it goes on. */
const lastAt = new Map<unknown, Promise<unknown>>();

/** Does work at a place once all that was begun there before, in this process, has ended. */
export async function inTurn<Result>(place: unknown, work: () => Promise<Result>): Promise<Result> {
  const mine = (lastAt.get(place) ?? Promise.resolve()).then(work, work);
  lastAt.set(place, mine);
  try {
    return await mine;
  } finally {
    if (lastAt.get(place) === mine) lastAt.delete(place);
  }
}
