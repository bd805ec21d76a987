// Runs clients as documents print them, in a browser: node printed.mjs PAGE TOKEN FILE CHROMIUM NAME=GUID=MODULE...
// The page is empty and of another origin than the server. A module has uploadPhoto(file, token, guid), which resolves to
// the key, or else makes an Uppy named uppy with a variable token. The one that is named again is left on the way, and must
// go on with the same upload. It says on stdout "NAME KEY" for each.
import fs from "node:fs";
import path from "node:path";
import { build } from "esbuild";
import { chromium } from "playwright-core";

const [address, token, file, executablePath, ...named] = process.argv.slice(2);
const clients = named.map((one) => one.split("="));
const source = `
  const modules = {${clients.map(([name, , at]) => `${name}: () => import(${JSON.stringify(at)})`)}};
  window.send = async (name, token, guid, text) => {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const file = new File([bytes], "me.png", { type: "image/png", lastModified: 1 });
    window.token = token;
    const { uploadPhoto, uppy } = await modules[name]();
    if (uploadPhoto) return uploadPhoto(file, token, guid);
    uppy.getPlugin("Tus").setOptions({ chunkSize: 400_000 });
    uppy.addFile({ name: file.name, type: file.type, data: file });
    const { successful, failed } = await uppy.upload();
    if (successful.length !== 1) throw new Error(String(failed[0]?.error));
    return successful[0].uploadURL.split("/").pop();
  };`;
const bundle = await build({
  stdin: { contents: source, resolveDir: import.meta.dirname }, bundle: true, write: false, format: "iife",
  nodePaths: [path.join(import.meta.dirname, "node_modules")], // the modules lie elsewhere
});
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
try {
  const page = await browser.newPage();
  const text = fs.readFileSync(file).toString("base64");
  const load = async () => {
    await page.goto(address);
    await page.addScriptTag({ content: bundle.outputFiles[0].text });
  };
  const network = await page.context().newCDPSession(page);
  const slowDown = (uploadThroughput) => network.send("Network.emulateNetworkConditions", // bytes a second; -1: as it is
    { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput });
  const send = (name, guid) => page.evaluate(([n, t, g, b]) => window.send(n, t, g, b), [name, token, guid, text]);
  for (const [name, guid] of clients) {
    await load();
    let begun = "";
    if (name === "again") { // the page is left while it sends, and goes on when it is loaded anew
      const sent = page.waitForRequest((r) => r.method() === "PATCH");
      await slowDown(300_000); // else it might have the answer by then
      send(name, guid).catch(() => {});
      begun = (await sent).url().split("/").pop();
      await new Promise((done) => setTimeout(done, 500));
      await load();
      await slowDown(-1);
    }
    const key = await send(name, guid);
    if (begun && key !== begun) throw new Error(`began ${begun}, and then ${key} anew`);
    console.log(name, key);
  }
} finally {
  await browser.close();
}
