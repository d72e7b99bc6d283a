// Started by bench/everyday.py. Each line on standard input names a task and a number of threads;
// the answer is the milliseconds that it took, from the bytes of the file to the encoded bytes.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import sharp from "sharp";

const data = readFileSync(process.argv[2]);
sharp.cache(false);

const within = (side) => sharp(data).rotate().resize(side, side, { fit: "inside" });
const tasks = {
  thumbnail: () => within(256).jpeg({ quality: 80 }),
  webp: () => within(2048).webp({ quality: 80, effort: 2 }),
  jpeg: () => within(2048).jpeg({ quality: 85 }),
  avif: () => within(2048).avif({ quality: 60, effort: 1, chromaSubsampling: "4:2:0" }),
  png: () => within(2048).png({ compressionLevel: 2 }),
};

for await (const line of createInterface({ input: process.stdin })) {
  const [task, threads] = line.split(" ");
  sharp.concurrency(Number(threads));
  const started = performance.now();
  const made = await tasks[task]().toBuffer();
  console.log(`${performance.now() - started} ${made.length}`);
}
