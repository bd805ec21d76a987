// Lets tus-js-client upload FILE: node upload.mjs ENDPOINT TOKEN FILE HOW [PROTOCOL]. It says on stdout "half" when
// half of the file was accepted, and in the end "done URL".
import fs from "node:fs";
import { PassThrough } from "node:stream";
import * as tus from "tus-js-client";

const [endpoint, token, file, how, protocol = "tus-v1"] = process.argv.slice(2);
const size = fs.statSync(file).size;
const hows = {
  whole: {},
  chunks: { chunkSize: 100_000 },
  "with the creation": { uploadDataDuringCreation: true },
  parallel: { parallelUploads: 4 },
  "of unknown length": { chunkSize: 280_000, uploadLengthDeferred: true },
  override: { overridePatchMethod: true, chunkSize: 500_000 },
  paused: { chunkSize: 100_000 },
  "after a kill": { chunkSize: 50_000 },
  "over a line that breaks": {},
};

let said = false;
let paused = false;
// Of a stream of fs itself the client would take the length from the file.
const stream = () => fs.createReadStream(file).pipe(new PassThrough());
const input = how === "of unknown length" ? stream() : fs.readFileSync(file);
const upload = new tus.Upload(input, {
  endpoint,
  protocol,
  headers: { Authorization: `Bearer ${token}` },
  metadata: { filename: "me.png", filetype: "image/png" },
  retryDelays: [100, 300, 1000, 3000, 5000],
  onError(err) {
    console.error(String(err));
    process.exit(1);
  },
  onChunkComplete(_, accepted) {
    if (!said && accepted >= size / 2) {
      said = true;
      console.log("half");
    }
    if (how === "paused" && !paused && accepted > size / 3) {
      paused = true;
      upload.abort().then(() => setTimeout(() => upload.start(), 200));
    }
  },
  onSuccess() {
    console.log(`done ${upload.url}`);
  },
  ...hows[how],
});
upload.start();
