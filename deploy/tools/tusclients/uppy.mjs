// Lets Uppy upload FILE in a browser: node uppy.mjs SERVER ENDPOINT TOKEN FILE CHROMIUM. The page is of the server's own
// origin. In the end it says on stdout "done URL".
import fs from "node:fs";
import { build } from "esbuild";
import { chromium } from "playwright-core";

const [server, endpoint, token, file, executablePath] = process.argv.slice(2);
const source = `
  import Uppy from "@uppy/core";
  import Tus from "@uppy/tus";
  window.send = async (endpoint, token, text) => {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const uppy = new Uppy().use(Tus, {
      endpoint, chunkSize: 400_000, headers: { Authorization: "Bearer " + token }, retryDelays: [100, 1000],
    });
    uppy.addFile({ name: "me.png", type: "image/png", data: new Blob([bytes], { type: "image/png" }) });
    const { successful, failed } = await uppy.upload();
    return successful.length === 1 ? { url: successful[0].uploadURL } : { error: String(failed[0]?.error) };
  };`;
const bundle = await build({
  stdin: { contents: source, resolveDir: import.meta.dirname }, bundle: true, write: false, format: "iife",
});
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
try {
  const page = await browser.newPage();
  await page.route(`${server}/uppy`, (route) =>
    route.fulfill({ contentType: "text/html", body: `<script>${bundle.outputFiles[0].text}</script>` }));
  await page.goto(`${server}/uppy`);
  const text = fs.readFileSync(file).toString("base64");
  const got = await page.evaluate(([e, t, b]) => window.send(e, t, b), [endpoint, token, text]);
  if (got.error) throw new Error(got.error);
  console.log(`done ${got.url}`);
} finally {
  await browser.close();
}
