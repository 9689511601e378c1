/**
 * The control block by which the calling thread shares a kernel call out, in words from its start.
 *
 * `STATE` packs the call's number, its count of chunks and how many were taken from either end, so that one atomic
 * addition takes a chunk of exactly the call it names. The caller takes the first chunks, the workers the last ones: so
 * a thread meets, call after call, the same part of the work, whose values its core's cache holds still.
 * Workers are never needed: the caller takes what is left and waits only for chunks that somebody took, so a worker that
 * is late, asleep or not scheduled costs nothing.
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

/** From the lowest bits on: chunks taken from the front, from the back, chunks in all, the call's number. */
export const CHUNK_BITS = 9;
export const CHUNK_MASK: number = (1 << CHUNK_BITS) - 1;
/** Threads overshoot the count by at most one each. */
export const MOST_CHUNKS = 256;
export const CALL_SHIFT: number = 3 * CHUNK_BITS;
export const CALL_MASK: number = (1 << (32 - CALL_SHIFT)) - 1;

/** Bytes of scratch each thread owns. */
export const SCRATCH_BYTES: number = 1 << 20;
