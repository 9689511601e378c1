/** 1 where the tier may use relaxed SIMD; set by the kernel build for each tier. */
declare const RELAXED: i32;
/** 1 where adjacent pairs of 128-bit operations become 256-bit ones. */
declare const WIDE: i32;
