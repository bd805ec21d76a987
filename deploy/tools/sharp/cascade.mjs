// The peer of the image benchmark: sharp, one decode and a cascade of sizes, on one core. For each file named on a line
// of its input it makes the upright centre square in 1024, 512, 256, 128 and 64 pixels as JPEG, and writes a line with
// the processor time in milliseconds.
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import sharp from "sharp";

sharp.concurrency(1);
sharp.cache(false);

for await (const path of createInterface({ input: process.stdin })) {
  const file = await readFile(path);
  const begun = process.cpuUsage();
  let from = sharp(file).rotate().resize(1024, 1024, { fit: "cover" });
  for (const size of [1024, 512, 256, 128, 64]) {
    const pipeline = size === 1024 ? from : from.resize(size, size);
    const { data, info } = await pipeline.removeAlpha().raw().toBuffer({ resolveWithObject: true });
    from = sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } });
    await from.clone().jpeg({ quality: 90, chromaSubsampling: "4:2:0" }).toBuffer();
  }
  const took = process.cpuUsage(begun);
  console.log(((took.user + took.system) / 1000).toFixed(3));
}
