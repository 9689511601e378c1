/** Of the pad's 280 pixels: about two of the 28 that the network sees. */
const BRUSH = 20;

export interface DrawingPad {
  clear(): void;
  /** Shows an image of `size` by `size` grey values. */
  show(pixels: Uint8Array, size: number): void;
  /** What is drawn as `size` by `size` grey values: cut out, and as large as the frame allows, as the data set's images are. */
  read(size: number): Uint8Array;
}

/** White on black, by mouse, pen or finger. */
export function drawingPad(canvas: HTMLCanvasElement, onChange: () => void): DrawingPad {
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  /** Of an image that was shown and not drawn on since: the network gets these very values. */
  let shown: Uint8Array | undefined;
  let last: { x: number; y: number } | undefined;

  const clear = (): void => {
    context.fillStyle = '#000';
    context.fillRect(0, 0, canvas.width, canvas.height);
    shown = undefined;
  };

  const position = ({ clientX, clientY }: PointerEvent): { x: number; y: number } => {
    const { left, top, width } = canvas.getBoundingClientRect();
    const scale = canvas.width / width;
    return { x: (clientX - left) * scale, y: (clientY - top) * scale };
  };

  const draw = (event: PointerEvent): void => {
    if (!last) return;
    const to = position(event);
    context.strokeStyle = '#d8d8d8';
    context.lineWidth = BRUSH;
    context.lineCap = 'round';
    context.lineJoin = 'round';
    context.beginPath();
    context.moveTo(last.x, last.y);
    context.lineTo(to.x, to.y);
    context.stroke();
    last = to;
    shown = undefined;
    onChange();
  };

  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId);
    last = position(event);
    draw(event);
  });
  canvas.addEventListener('pointermove', draw);
  for (const end of ['pointerup', 'pointercancel'] as const) canvas.addEventListener(end, () => (last = undefined));
  clear();

  return {
    clear,
    show(pixels, size) {
      const image = new ImageData(size, size);
      pixels.forEach((value, index) => image.data.set([value, value, value, 255], index * 4));
      const small = new OffscreenCanvas(size, size);
      small.getContext('2d')!.putImageData(image, 0, 0);
      context.imageSmoothingEnabled = false;
      context.drawImage(small, 0, 0, canvas.width, canvas.height);
      shown = pixels;
    },
    read(size) {
      if (shown) return shown;
      const box = drawnBox(context.getImageData(0, 0, canvas.width, canvas.height));
      const small = new OffscreenCanvas(size, size);
      const target = small.getContext('2d')!;
      target.imageSmoothingQuality = 'high';
      if (box) {
        const scale = size / Math.max(box.width, box.height);
        const [width, height] = [box.width * scale, box.height * scale];
        target.drawImage(canvas, box.left, box.top, box.width, box.height, (size - width) / 2, (size - height) / 2, width, height);
      }
      const { data } = target.getImageData(0, 0, size, size);
      return Uint8Array.from({ length: size * size }, (_, index) => data[index * 4]!);
    },
  };
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The least rectangle around what isn't black. */
function drawnBox({ data, width, height }: ImageData): Box | undefined {
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (data[(y * width + x) * 4]! < 16) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
  }
  return right < 0 ? undefined : { left, top, width: right - left + 1, height: bottom - top + 1 };
}
