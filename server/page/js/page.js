// The first page: whoever is signed in sends a photo here and sees what becomes of it.
import { Cameo, Refused } from "./cameo.js";

const $ = (id) => document.getElementById(id);
let me, cameo, running;
let sending = false, removable = false; // a photo cannot be removed while the next one is on its way

// What is said below the photo. The kind, "", "good" or "bad", colours it.
function say(text, kind = "") {
  $("said").textContent = text;
  $("said").className = kind;
}

async function begin() {
  const answer = await fetch("/v1/session", { headers: { Accept: "application/json" } });
  if (!answer.ok) return; // a stranger sees how to try it from a terminal
  me = await answer.json();
  if (!Number.isFinite(community())) return;
  cameo = new Cameo({ community: community(), csrfToken: me.csrfToken });
  $("photo").hidden = false;
  document.body.classList.add("known");
  const photo = await cameo.photo(me.guid);
  show(photo);
  if (photo.state === "pending") await follow();
}

// show brings the picture and the words in line with a photo's description.
function show(photo) {
  const shown = photo.urls?.["256"] ?? `/v1/communities/${community()}/users/${me.guid}/photo?size=256&default=initials`;
  $("face").src = shown;
  $("face").srcset = photo.urls?.["512"] ? `${photo.urls["512"]} 2x` : "";
  $("face").style.backgroundColor = photo.color ?? "";
  removable = Boolean(photo.current);
  $("remove").hidden = sending || !removable;
  $("choose").textContent = photo.current ? "Choose another photo" : "Choose a photo";
  if (photo.state === "failed") return say(sentence(photo.detail ?? "This picture cannot be used"), "bad");
  say(photo.state === "pending" ? "Preparing the picture…" : photo.current ? "This is your photo." : "You have no photo yet.");
}

// community is the first one of those that the person belongs to.
function community() {
  return Math.min(...(me.communities ?? []), ...(me.admin ?? []));
}

// follow waits for the newest photo.
async function follow() {
  say("Preparing the picture…");
  const photo = await cameo.settled(me.guid);
  show(photo);
  if (photo.state === "ready") say("Done. This is your photo.", "good");
}

const megabytes = (n) => (n / 1e6).toFixed(1);

// unfit says why a file need not be sent; "" if nothing is known against it.
function unfit(file) {
  const { most, limit } = $("photo").dataset;
  if (file.size === 0) return "This file is empty.";
  if (file.size > Number(most)) return `This file has ${megabytes(file.size)} MB; a photo may have ${limit}.`;
  return "";
}

// progress shows what belongs to a file that is being sent, or hides it.
function progress(on) {
  sending = on;
  $("bar").hidden = $("stop").hidden = !on;
  $("remove").hidden = on || !removable;
}

async function send(file) {
  running?.abort("another file was chosen");
  const mine = running = new AbortController();
  const why = unfit(file);
  progress(why === "");
  if (why) return say(why, "bad");
  $("bar").value = 0;
  try {
    say(`Sending ${file.name}…`);
    const key = await cameo.upload(file, {
      signal: mine.signal,
      onprogress: (sent, size) => {
        $("bar").value = sent / size;
        say(`${megabytes(sent)} of ${megabytes(size)} MB`);
      },
      onwait: (ms) => say(`The network is gone. Trying again in ${Math.ceil(ms / 1000)} s; nothing is lost.`),
    });
    await associate(key);
    progress(false);
    await follow();
  } catch (err) {
    if (mine !== running) return;
    progress(false);
    if (mine.signal.aborted) say("Stopped. Choose the same file again to go on where it was.");
    else if (err instanceof Refused) say(sentence(err.message), "bad");
    else say("The network does not answer. Choose the same file again to go on where it was.", "bad");
  }
}

// associate makes an upload one's photo. One that can be no photo is of no use here, and is deleted.
async function associate(key) {
  try {
    await cameo.associate(key, me.guid);
  } catch (err) {
    if (err instanceof Refused && (err.status === 413 || err.status === 415)) await cameo.discard(key).catch(() => {});
    throw err;
  }
}

// sentence is a refusal as people write it. A media type keeps its small letter.
function sentence(text) {
  const first = /^[a-z]+\/[a-z]/.test(text) ? text.charAt(0) : text.charAt(0).toUpperCase();
  return first + text.slice(1) + (/[.!?…]$/.test(text) ? "" : ".");
}

$("choose").addEventListener("click", () => $("file").click());
$("file").addEventListener("change", () => {
  if ($("file").files.length > 0) send($("file").files[0]);
  $("file").value = ""; // the same one may be chosen again
});
$("stop").addEventListener("click", () => running?.abort("stopped"));
$("remove").addEventListener("click", async () => {
  if (!confirm("Remove your photo?")) return;
  await cameo.remove(me.guid);
  show(await cameo.photo(me.guid));
});
const drop = $("photo");
for (const what of ["dragover", "dragleave", "drop"]) {
  drop.addEventListener(what, (e) => {
    e.preventDefault();
    drop.classList.toggle("over", what === "dragover");
    if (what === "drop" && e.dataTransfer.files.length > 0) send(e.dataTransfer.files[0]);
  });
}
begin().catch(() => say("The service does not answer. Reload the page to try again.", "bad"));
