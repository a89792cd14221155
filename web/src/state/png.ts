// A PNG that carries the pose which it shows, in the chunk that poseloom reads again (zTXt "poseloom-clip").
const SIGNATURE = 8;
const KEYWORD = "poseloom-clip";

/** Whether a picture's bytes are a PNG in which poseloom finds a pose again. */
export function carriesPose(png: Uint8Array): boolean {
  if (png.length < SIGNATURE + 12 || png[0] !== 0x89 || png[1] !== 0x50) return false;
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const text = (at: number, length: number) => String.fromCharCode(...png.subarray(at, at + length));
  for (let at = SIGNATURE; at + 12 <= png.length; at += 12 + view.getUint32(at)) {
    const kind = text(at + 4, 4);
    if (["zTXt", "tEXt", "iTXt"].includes(kind) && text(at + 8, KEYWORD.length) === KEYWORD) return true;
    if (kind === "IEND") return false;
  }
  return false;
}

let table: Uint32Array | null = null;

export function crc32(bytes: Uint8Array): number {
  table ??= Uint32Array.from({ length: 256 }, (_, n) => {
    for (let bit = 0; bit < 8; bit++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
    return n >>> 0;
  });
  let sum = 0xffffffff;
  for (const byte of bytes) sum = table[(sum ^ byte) & 255] ^ (sum >>> 8);
  return (sum ^ 0xffffffff) >>> 0;
}

/** The picture's bytes with the pose's JSON in them, compressed; the picture itself is not touched. */
export async function withPose(png: Uint8Array, json: string): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([json]).stream().pipeThrough(new CompressionStream("deflate"));
  const text = new Uint8Array(await new Response(stream).arrayBuffer());
  const body = new Uint8Array([...new TextEncoder().encode(`zTXt${KEYWORD}`), 0, 0, ...text]);
  const chunk = new Uint8Array(body.length + 8);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, body.length - 4);
  chunk.set(body, 4);
  view.setUint32(body.length + 4, crc32(body));
  const head = SIGNATURE + 12 + new DataView(png.buffer, png.byteOffset).getUint32(SIGNATURE);
  const made = new Uint8Array(png.length + chunk.length);
  made.set(png.subarray(0, head));
  made.set(chunk, head);
  made.set(png.subarray(head), head + chunk.length);
  return made;
}
