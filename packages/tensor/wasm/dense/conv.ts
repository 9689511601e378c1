/**
 * f32-conv: out[q, n] = activation(sum over taps t and channels c of x[q + t, c]·filter[t, c, n] + bias[n]), for every
 * window q; which taps there are makes it a convolution or a transposed one (see conv-windows).
 *
 * It is a matrix product whose left operand, a row of K = taps·C values for each window, never exists: groups of its
 * rows are packed straight from the image into the thread's scratch, a block of K at a time, and meet the filter,
 * packed once by `f32_conv_pack`, in the product's register tile.
 */
import { finishRow } from './epilogue';
import { copyPart, packPlainColumns, packRun, packTransposedColumns, packTransposedRows } from './gemm-pack';
import { COLUMNS, ROWS, tile } from './gemm-tile';
import { advance, BEGINNING, C, COUNT, INSIDE, locate, locateRun, meets, OUTPUT, OW, OWN, PLACE_BYTES, TAP_BYTES, TAP_COUNT, TAP_FILTER, TAP_OFFSET, TAP_RUN, TAPS, TO } from './conv-windows';

// Parameters after those of the windows, as words.
const N: usize = OWN;
/** The filter, [taps, C, N], or with its last two axes exchanged. */
const FILTER: usize = OWN + 4;
const EXCHANGED: usize = OWN + 8;
const PACKED: usize = OWN + 12;
const BIAS: usize = OWN + 16;
const ACTIVATION: usize = OWN + 20;
const SLOPE: usize = OWN + 24;
/** C zeros. */
const ZEROS: usize = OWN + 28;
/** Steps of K in a block. */
const DEPTH: usize = OWN + 32;
/** Groups of rows in a work item, and work items that share the columns of one. */
const GROUPS: usize = OWN + 36;
const SPLITS: usize = OWN + 40;
/** Whether the outputs lie one after another. */
const DENSE: usize = OWN + 44;
/** For the filter's gradient: the output's gradient, windows of a part, values of K of a work item, and how many of them make K. */
const DY: usize = OWN + 48;
const PART: usize = OWN + 52;
const CHUNK: usize = OWN + 56;
const CHUNKS: usize = OWN + 60;

// Scratch of `f32_conv_tiles`: packed groups, a tile, places.
const TILE: usize = 160 * 1024;
const PLACES: usize = TILE + 1024;
// Scratch of `f32_conv_filter_gradient`: a block of rows, the same packed, a panel of dy, a place.
const BLOCK_BYTES: usize = 320 * 1024;
const PANEL: usize = 2 * BLOCK_BYTES;
const PLACE: usize = PANEL + 16 * 1024;
/** Windows of a block. */
const BLOCK: i32 = 128;

/**
 * Copies images into larger ones with zeros around. Work items: rows of the larger images.
 * Parameters of its own, as words: from, to, planes, rows and values of a row of both, and what is before in each.
 */
export function f32_conv_pad(p: usize, begin: i32, end: i32, scratch: usize): void {
  const from = <usize>load<u32>(p);
  const planes = load<i32>(p, 8);
  const rows = load<i32>(p, 12);
  const width = load<usize>(p, 16) << 2;
  const wholePlanes = load<i32>(p, 20);
  const wholeRows = load<i32>(p, 24);
  const wholeWidth = load<usize>(p, 28) << 2;
  const beforePlanes = load<i32>(p, 32);
  const beforeRows = load<i32>(p, 36);
  const before = load<usize>(p, 40) << 2;
  let to = <usize>load<u32>(p, 4) + <usize>begin * wholeWidth;
  for (let row = begin; row < end; row++) {
    const plane = row / wholeRows;
    const image = plane / wholePlanes;
    const y = row - plane * wholeRows - beforeRows;
    const z = plane - image * wholePlanes - beforePlanes;
    if (<u32>y < <u32>rows && <u32>z < <u32>planes) {
      memory.fill(to, 0, before);
      memory.copy(to + before, from + <usize>((image * planes + z) * rows + y) * width, width);
      memory.fill(to + before + width, 0, wholeWidth - before - width);
    } else memory.fill(to, 0, wholeWidth);
    to += wholeWidth;
  }
}

/** Work items: panels of columns of the filter. */
export function f32_conv_pack(p: usize, begin: i32, end: i32, scratch: usize): void {
  const n = load<i32>(p, N);
  const channels = load<i32>(p, C);
  const taps = <usize>load<u32>(p, TAPS);
  const count = load<i32>(p, TAP_COUNT);
  const filter = <usize>load<u32>(p, FILTER);
  const exchanged = load<i32>(p, EXCHANGED) != 0;
  const bytes = <usize>(channels * COLUMNS) << 2;
  let to = <usize>load<u32>(p, PACKED) + <usize>(begin * count) * bytes;
  for (let panel = begin; panel < end; panel++) {
    const column = panel * COLUMNS;
    for (let t = 0; t < count; t++) {
      const from = filter + (<usize>(load<i32>(taps + <usize>t * TAP_BYTES, TAP_FILTER) * channels * n) << 2);
      if (exchanged) packTransposedColumns(from, <usize>channels << 2, column, n, 1, channels, to);
      else packPlainColumns(from + (<usize>column << 2), <usize>n << 2, n - column, 1, channels, to);
      to += bytes;
    }
  }
}

/** Work items: GROUPS groups of windows, SPLITS times over for as many parts of the columns. */
export function f32_conv_tiles(p: usize, begin: i32, end: i32, scratch: usize): void {
  const m = load<i32>(p, COUNT);
  const n = load<i32>(p, N);
  const k = load<i32>(p, TAP_COUNT) * load<i32>(p, C);
  const depth = load<i32>(p, DEPTH);
  const splits = load<i32>(p, SPLITS);
  const height = load<i32>(p, GROUPS) * ROWS;
  const dense = load<i32>(p, DENSE) != 0;
  const packed = <usize>load<u32>(p, PACKED);
  const panels = (n + COLUMNS - 1) / COLUMNS;
  const places = scratch + PLACES;
  const spare = scratch + TILE;
  let located = -1;
  for (let item = begin; item < end; item++) {
    const stretch = item / splits;
    const part = item - stretch * splits;
    const first = stretch * height;
    const rows = min(height, m - first);
    const groups = (rows + ROWS - 1) / ROWS;
    if (located != stretch) {
      locateRun(p, first, rows, places);
      for (let i = rows; i < groups * ROWS; i++) locate(p, m - 1, places + <usize>i * PLACE_BYTES);
      located = stretch;
    }
    const from = (panels * part) / splits;
    const past = (panels * (part + 1)) / splits;
    for (let k0 = 0; k0 < k; k0 += depth) {
      const steps = min(depth, k - k0);
      const groupBytes = <usize>(steps * ROWS) << 2;
      for (let g = 0; g < groups; g++) packGroup(p, places + <usize>(g * ROWS) * PLACE_BYTES, k0, steps, scratch + <usize>g * groupBytes);
      for (let panel = from; panel < past; panel++) {
        const right = packed + (<usize>((panel * k + k0) * COLUMNS) << 2);
        const column = panel * COLUMNS;
        const width = min(COLUMNS, n - column);
        for (let g = 0; g < groups; g++) {
          const left = scratch + <usize>g * groupBytes;
          const place = places + <usize>(g * ROWS) * PLACE_BYTES;
          const there = min(ROWS, rows - g * ROWS);
          if (dense && width == COLUMNS && there == ROWS) {
            tile(steps, left, right, <usize>load<u32>(place, OUTPUT) + (<usize>column << 2), <usize>n << 2, k0 > 0);
          } else {
            tile(steps, left, right, spare, COLUMNS << 2, false);
            for (let i = 0; i < there; i++) {
              const to = <usize>load<u32>(place + <usize>i * PLACE_BYTES, OUTPUT) + (<usize>column << 2);
              copyPart(spare + <usize>(i * COLUMNS << 2), to, 0, 1, width, k0 > 0);
            }
          }
        }
      }
    }
    finish(p, places, rows, from * COLUMNS, min(n, past * COLUMNS));
  }
}

/** Bias and activation of finished outputs, while they are in cache. */
function finish(p: usize, places: usize, rows: i32, from: i32, past: i32): void {
  let bias = <usize>load<u32>(p, BIAS);
  const activation = load<i32>(p, ACTIVATION);
  if (bias == 0 && activation == 0) return;
  if (bias != 0) bias += <usize>from << 2;
  const slope = load<f32>(p, SLOPE);
  for (let i = 0; i < rows; i++) finishRow(<usize>load<u32>(places + <usize>i * PLACE_BYTES, OUTPUT) + (<usize>from << 2), past - from, bias, activation, slope);
}

/** Packs steps `k0` to `k0 + steps` of ROWS windows. */
function packGroup(p: usize, place: usize, k0: i32, steps: i32, to: usize): void {
  const channels = load<i32>(p, C);
  const taps = <usize>load<u32>(p, TAPS);
  const end = k0 + steps;
  const place1 = place + PLACE_BYTES;
  const place2 = place + 2 * PLACE_BYTES;
  const place3 = place + 3 * PLACE_BYTES;
  const place4 = place + 4 * PLACE_BYTES;
  const place5 = ROWS == 6 ? place + 5 * PLACE_BYTES : place4;
  const inside =
    (load<i32>(place, INSIDE) & load<i32>(place1, INSIDE) & load<i32>(place2, INSIDE) & load<i32>(place3, INSIDE) & load<i32>(place4, INSIDE) & load<i32>(place5, INSIDE)) != 0;
  const zeros = <usize>load<u32>(p, ZEROS);
  for (let k = k0; k < end; ) {
    const t = k / channels;
    const c = k - t * channels;
    const tap = taps + <usize>t * TAP_BYTES;
    const offset = <usize>((load<i32>(tap, TAP_OFFSET) + c) << 2);
    if (inside) {
      const length = min(load<i32>(tap, TAP_RUN) * channels - c, end - k);
      packRun(
        load<u32>(place, BEGINNING) + offset,
        load<u32>(place1, BEGINNING) + offset,
        load<u32>(place2, BEGINNING) + offset,
        load<u32>(place3, BEGINNING) + offset,
        load<u32>(place4, BEGINNING) + offset,
        load<u32>(place5, BEGINNING) + offset,
        ROWS,
        length,
        to,
      );
      k += length;
      to += <usize>(length * ROWS) << 2;
    } else {
      const length = min(channels - c, end - k);
      packRun(
        meets(p, place, tap) ? load<u32>(place, BEGINNING) + offset : zeros,
        meets(p, place1, tap) ? load<u32>(place1, BEGINNING) + offset : zeros,
        meets(p, place2, tap) ? load<u32>(place2, BEGINNING) + offset : zeros,
        meets(p, place3, tap) ? load<u32>(place3, BEGINNING) + offset : zeros,
        meets(p, place4, tap) ? load<u32>(place4, BEGINNING) + offset : zeros,
        meets(p, place5, tap) ? load<u32>(place5, BEGINNING) + offset : zeros,
        ROWS,
        length,
        to,
      );
      k += length;
      to += <usize>(length * ROWS) << 2;
    }
  }
}

/**
 * to[part, k, n] = sum over the part's windows q of row(q)[k]·dy[q, n]: the filter's gradient in parts to be added.
 * Work items: parts of the windows, CHUNKS times over for as many pieces of K.
 */
export function f32_conv_filter_gradient(p: usize, begin: i32, end: i32, scratch: usize): void {
  const m = load<i32>(p, COUNT);
  const n = load<i32>(p, N);
  const k = load<i32>(p, TAP_COUNT) * load<i32>(p, C);
  const part = load<i32>(p, PART);
  const chunk = load<i32>(p, CHUNK);
  const chunks = load<i32>(p, CHUNKS);
  const dy = <usize>load<u32>(p, DY);
  const ow = load<i32>(p, OW);
  const panels = (n + COLUMNS - 1) / COLUMNS;
  const packed = scratch + BLOCK_BYTES;
  const right = scratch + PANEL;
  const place = scratch + PLACE;
  const spare = place + PLACE_BYTES;
  for (let item = begin; item < end; item++) {
    const index = item / chunks;
    const k0 = (item - index * chunks) * chunk;
    const height = min(chunk, k - k0);
    const groups = (height + ROWS - 1) / ROWS;
    // An odd number of cache lines, so that rows don't evict each other.
    const stride = <usize>(((height + 15) >> 4) | 1) << 6;
    const first = index * part;
    const past = min(first + part, m);
    const to = <usize>load<u32>(p, TO) + (<usize>((index * k + k0) * n) << 2);
    for (let q0 = first; q0 < past; q0 += BLOCK) {
      const steps = min(BLOCK, past - q0);
      let left = 0;
      for (let i = 0; i < steps; i++) {
        if (left == 0) {
          locate(p, q0 + i, place);
          left = ow - ((q0 + i) % ow);
        } else advance(p, place);
        left--;
        copyRow(p, place, k0, height, scratch + <usize>i * stride);
      }
      const groupBytes = <usize>(steps * ROWS) << 2;
      // The last group may take in what stands behind the rows; what that gives is never stored.
      for (let g = 0; g < groups; g++) packTransposedRows(scratch, stride, g * ROWS, groups * ROWS, ROWS, steps, packed + <usize>g * groupBytes);
      for (let panel = 0; panel < panels; panel++) {
        const column = panel * COLUMNS;
        const width = min(COLUMNS, n - column);
        packPlainColumns(dy + (<usize>(q0 * n + column) << 2), <usize>n << 2, n - column, 1, steps, right);
        for (let g = 0; g < groups; g++) {
          const left = packed + <usize>g * groupBytes;
          const at = to + (<usize>(g * ROWS * n + column) << 2);
          const there = min(ROWS, height - g * ROWS);
          if (width == COLUMNS && there == ROWS) tile(steps, left, right, at, <usize>n << 2, q0 > first);
          else {
            tile(steps, left, right, spare, COLUMNS << 2, false);
            copyPart(spare, at, <usize>n << 2, there, width, q0 > first);
          }
        }
      }
    }
  }
}

/** Writes values `k0` to `k0 + count` of a window's row. */
function copyRow(p: usize, place: usize, k0: i32, count: i32, to: usize): void {
  const channels = load<i32>(p, C);
  const taps = <usize>load<u32>(p, TAPS);
  const inside = load<i32>(place, INSIDE) != 0;
  const end = k0 + count;
  for (let k = k0; k < end; ) {
    const t = k / channels;
    const c = k - t * channels;
    const tap = taps + <usize>t * TAP_BYTES;
    const length = min((inside ? load<i32>(tap, TAP_RUN) : 1) * channels - c, end - k);
    const past = to + (<usize>length << 2);
    if (inside || meets(p, place, tap)) {
      let from = <usize>(load<u32>(place, BEGINNING) + ((load<i32>(tap, TAP_OFFSET) + c) << 2));
      for (; to + 16 <= past; to += 16) {
        v128.store(to, v128.load(from));
        from += 16;
      }
      for (; to < past; to += 4) {
        store<f32>(to, load<f32>(from));
        from += 4;
      }
    } else {
      for (; to + 16 <= past; to += 16) v128.store(to, f32x4.splat(0));
      for (; to < past; to += 4) store<f32>(to, 0);
    }
    k += length;
  }
}
