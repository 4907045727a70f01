/** Does the jobs in order as soon as as many of `slots` are free as each one needs; small ones may overtake a large one that waits. */
export async function inSlots<T>(
  jobs: readonly T[],
  slots: number,
  needs: (job: T) => number,
  work: (job: T) => Promise<void>,
): Promise<void> {
  const waiting = [...jobs];
  const running = new Set<Promise<void>>();
  let free = slots;
  while (waiting.length > 0 || running.size > 0) {
    const next = waiting.findIndex((job) => Math.min(needs(job), slots) <= free);
    const job = next < 0 ? undefined : waiting.splice(next, 1)[0];
    if (job === undefined) {
      await Promise.race(running);
      continue;
    }
    const taken = Math.min(needs(job), slots);
    free -= taken;
    const done: Promise<void> = work(job).finally(() => {
      free += taken;
      running.delete(done);
    });
    running.add(done);
  }
}
