/**
 * The control block by which the calling thread shares a kernel call out, in words from its start.
 *
 * `STATE` packs the call's number, its count of chunks and the next chunk to take, so that one atomic addition takes a
 * chunk of exactly the call it names. Workers are never needed: the caller takes chunks too and waits only for those
 * that somebody took, so a worker that is late, asleep or not scheduled costs nothing.
 */
export const STATE = 0;
/** How many workers sleep; the caller wakes them only then. */
export const SLEEPING = 1;
/** 1 while workers shall leave their loop to read messages. */
export const PAUSE = 2;
export const SLOTS = 16;
/** Calls in flight can overlap by one with a late worker; four slots leave room. */
export const SLOT_COUNT = 4;
export const SLOT_WORDS = 64;
/** Within a slot: */
export const KERNEL = 0;
export const ITEMS = 1;
export const DONE = 2;
export const FAILED = 3;
export const PARAMETERS = 4;
export const CONTROL_WORDS: number = SLOTS + SLOT_COUNT * SLOT_WORDS;

export const CHUNK_BITS = 10;
export const CHUNK_MASK: number = (1 << CHUNK_BITS) - 1;
/** Workers overshoot the count by at most one each. */
export const MOST_CHUNKS = 512;
export const CALL_SHIFT: number = 2 * CHUNK_BITS;

/** Bytes of scratch each thread owns. */
export const SCRATCH_BYTES: number = 1 << 20;
