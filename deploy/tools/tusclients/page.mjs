// Uses the first page as a person does: node page.mjs SERVER LINK GOOD BAD CHROMIUM. Link signs in, once; good and bad are
// files, of which bad is refused. It says on stdout what the page said.
import { chromium } from "playwright-core";

const [server, link, good, bad, executablePath] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
try {
  const page = await browser.newPage();
  const wrong = [];
  page.on("dialog", (asked) => asked.accept());
  page.on("pageerror", (err) => wrong.push(String(err)));
  const said = async (pattern) => {
    await page.waitForFunction(
      (p) => new RegExp(p).test(document.getElementById("said").textContent), pattern, { timeout: 60_000 });
    return page.textContent("#said");
  };
  await page.goto(server);
  console.log("a stranger sees the photo", await page.isVisible("#photo"));
  console.log("a stranger is told", await page.textContent(".invitation a"), await page.getAttribute(".invitation a", "href"));
  await page.goto(link);
  await page.click("main button");
  console.log("first:", await said("."), await page.isVisible("#remove"));
  await page.setInputFiles("#file", good);
  console.log("good:", await said("Done|[Nn]ot|cannot"));
  // The page says that it is done when it knows where the picture is, which then is still to come.
  await page.waitForFunction(() => document.getElementById("face").naturalWidth > 0).catch(() => {});
  const face = await page.evaluate(() => document.getElementById("face").naturalWidth);
  console.log("face:", face);
  await page.setInputFiles("#file", bad);
  console.log("bad:", await said("^(?!.*(Done|MB|Sending)).*[.]$"), await page.getAttribute("#said", "class"));
  for (const [name, mimeType, size] of [
    ["empty.jpg", "image/jpeg", 0], ["large.jpg", "image/jpeg", 20e6], ["me.txt", "text/plain", 10], ["me.heic", "image/heic", 10],
  ]) {
    await page.setInputFiles("#file", { name, mimeType, buffer: Buffer.alloc(size, "x") });
    console.log(`${name}:`, await said("^(?!.*(Done|[0-9]+ of|Sending)).*[.]$"));
    await page.evaluate(() => { document.getElementById("said").textContent = ""; });
  }
  await page.reload();
  console.log("still:", await said("."), await page.isVisible("#remove"));
  await page.click("#remove");
  console.log("removed:", await said("no photo"), await page.isVisible("#remove"));
  await page.click("text=Sign out");
  await page.waitForLoadState();
  console.log("signed out:", await page.evaluate(async () => (await fetch("/v1/session")).status));
  console.log("wrong:", wrong.length, wrong.join("; "));
} finally {
  await browser.close();
}
