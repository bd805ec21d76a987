// Cameo's client for browsers: sends a photo piece by piece, goes on after any break, also after the page was
// closed, and makes it somebody's profile photo. An ES module without dependencies.
//
//   import { Cameo } from "/js/cameo.js";
//   const cameo = new Cameo({ community: 1, csrfToken });          // or { server, token } from another origin
//   const key = await cameo.upload(file, { onprogress: (sent, size) => … });
//   await cameo.associate(key, guid);
//   const photo = await cameo.settled(guid);                       // { state: "ready", urls: {…}, … }

const pieces = { first: 1 << 20, least: 256 << 10, most: 16 << 20, seconds: 3 }; // bytes, and how long one shall take
const patience = { tries: 8, first: 500, most: 30_000 }; // of a piece that does not arrive, in ms
const remembered = "cameo.uploads"; // in localStorage

/** What the server refused, in its own words. */
export class Refused extends Error {
  /**
   * @param {number} status the HTTP status
   * @param {string} reason a stable code such as "too_many_pixels"; "" if there is none
   * @param {string} message a sentence for people
   */
  constructor(status, reason, message) {
    super(message);
    this.name = "Refused";
    this.status = status;
    this.reason = reason;
  }
}

export class Cameo {
  #server;
  #community;
  #headers;

  /**
   * @param {object} o
   * @param {string} [o.server] the origin of the service; "" is the page's own
   * @param {number} [o.community] its key
   * @param {string} [o.token] a bearer token; without one the browser's session is used
   * @param {string} [o.csrfToken] of that session, see GET /v1/session
   */
  constructor({ server = "", community = 1, token = "", csrfToken = "" } = {}) {
    this.#server = server.replace(/\/$/, "");
    this.#community = community;
    this.#headers = {};
    if (token) this.#headers.Authorization = `Bearer ${token}`;
    if (csrfToken) this.#headers["X-CSRF-Token"] = csrfToken;
  }

  /**
   * Sends a file, or the rest of it if some was sent before, and returns its key. Rejects with Refused, or with
   * the signal's reason; what has arrived is kept then.
   * @param {File} file
   * @param {object} [o]
   * @param {(sent: number, size: number) => void} [o.onprogress] bytes that are on their way or there
   * @param {(waiting: number) => void} [o.onwait] the network is gone; the next try is in so many ms
   * @param {AbortSignal} [o.signal]
   * @returns {Promise<string>}
   */
  async upload(file, { onprogress = () => {}, onwait = () => {}, signal } = {}) {
    const type = kind(file);
    let { key, at } = await this.#resume(file, onwait, signal);
    let size = pieces.first;
    for (let failures = 0; at < file.size; ) {
      const end = Math.min(at + size, file.size);
      const begun = performance.now();
      try {
        const answer = await this.#send("PATCH", this.#entry(key), file.slice(at, end, type), {
          "Content-Type": type, "Content-Range": `bytes ${at}-${end - 1}/${file.size}`,
        }, signal, (sent) => onprogress(at + sent, file.size));
        if (answer.status >= 400 && answer.status !== 409 && answer.status !== 416) throw refusal(answer);
        const offset = answer.offset;
        failures = offset > at ? 0 : failures + 1;
        if (failures >= patience.tries) throw refusal(answer);
        at = offset ?? (await this.#offset(key, signal));
        size = next(size, (performance.now() - begun) / 1000);
      } catch (err) {
        signal?.throwIfAborted();
        if (!passes(err) || ++failures >= patience.tries) {
          if (over(err)) forget(this.#mark(file));
          throw err;
        }
        size = Math.max(pieces.least, Math.floor(size / 2));
        await pause(wait(err, failures), onwait, signal);
        at = await this.#patiently(() => this.#offset(key, signal), onwait, signal);
      }
      onprogress(at, file.size);
    }
    forget(this.#mark(file));
    return key;
  }

  /**
   * Makes a finished upload the photo of the person with that GUID: one's own, or as an administrator anybody's.
   * @param {string} key
   * @param {string} guid
   */
  async associate(key, guid) {
    const path = `${this.#attachments()}/${key}/association/${guid}?type=ProfilePhoto`;
    await this.#patiently(() => this.#call("POST", path));
  }

  /**
   * The description of a person's photo: state (none, pending, ready, failed), reason, detail, urls by size, …
   * @param {string} guid
   */
  async photo(guid) {
    return JSON.parse((await this.#call("GET", this.#photo(guid), { Accept: "application/json" })).text);
  }

  /**
   * Waits until the newest photo of a person is ready or has failed, and returns its description.
   * @param {string} guid
   * @param {{ signal?: AbortSignal }} [o]
   */
  async settled(guid, { signal } = {}) {
    for (let after = 150; ; after = Math.min(after * 1.5, 5000)) {
      const photo = await this.#patiently(() => this.photo(guid), undefined, signal);
      if (photo.state !== "pending") return photo;
      await pause(after, undefined, signal);
    }
  }

  /**
   * Deletes an upload that is nobody's photo.
   * @param {string} key
   */
  async discard(key) {
    await this.#call("DELETE", this.#entry(key));
  }

  /**
   * Removes a person's photo.
   * @param {string} guid
   */
  async remove(guid) {
    await this.#call("DELETE", this.#photo(guid));
  }

  #attachments() { return `${this.#server}/.api2/api/v1/communities/${this.#community}/attachments`; }
  #entry(key) { return `${this.#attachments()}/uploads/${key}`; }
  #photo(guid) { return `${this.#server}/v1/communities/${this.#community}/users/${guid}/photo`; }

  // What a file is remembered by: the same one, chosen again, goes on where it was.
  #mark(file) {
    return [this.#server, this.#community, file.name, file.size, file.lastModified].join("|");
  }

  // The key and the offset of an upload that was begun before, or of a new one.
  async #resume(file, onwait, signal) {
    const known = recall()[this.#mark(file)];
    if (known) {
      try {
        return { key: known, at: await this.#patiently(() => this.#offset(known, signal), onwait, signal) };
      } catch (err) {
        if (!over(err)) throw err;
        forget(this.#mark(file)); // it has expired, or it is somebody else's session
      }
    }
    const answer = await this.#patiently(() => this.#call("POST", this.#attachments(), {
      "Content-Type": "application/json", "Idempotency-Key": `${crypto.randomUUID?.() ?? Math.random()}`,
    }, JSON.stringify({ Name: file.name, ContentType: kind(file), ContentLength: file.size }), signal), onwait, signal);
    const key = answer.location.split("/").pop();
    remember(this.#mark(file), key);
    return { key, at: 0 };
  }

  // How many bytes are there. A request for them that still runs somewhere is ended by asking.
  async #offset(key, signal) {
    const answer = await this.#send("PATCH", this.#entry(key), null, { "Content-Range": "bytes */*" }, signal);
    if (answer.status >= 400) throw refusal(answer);
    return answer.offset ?? 0;
  }

  async #call(method, path, headers = {}, body = null, signal = undefined) {
    const answer = await this.#send(method, path, body, headers, signal);
    if (answer.status >= 400) throw refusal(answer);
    return answer;
  }

  // Does what may fail for a while, until it does not, or it is refused.
  async #patiently(what, onwait, signal) {
    for (let failures = 1; ; failures++) {
      try {
        return await what();
      } catch (err) {
        signal?.throwIfAborted();
        if (!passes(err) || failures >= patience.tries) throw err;
        await pause(wait(err, failures), onwait, signal);
      }
    }
  }

  // One request. XMLHttpRequest, because fetch does not tell how far a body has come.
  #send(method, path, body, headers, signal, onprogress) {
    return new Promise((resolve, reject) => {
      const x = new XMLHttpRequest();
      x.open(method, path);
      x.withCredentials = !this.#headers.Authorization;
      for (const [name, value] of Object.entries({ ...this.#headers, ...headers })) x.setRequestHeader(name, value);
      const stop = () => x.abort();
      signal?.addEventListener("abort", stop, { once: true });
      x.onloadend = () => signal?.removeEventListener("abort", stop);
      x.onabort = () => reject(signal?.reason ?? new Error("aborted"));
      x.onerror = () => reject(new TypeError("the network does not answer"));
      x.onload = () => resolve(read(x));
      if (onprogress && body) x.upload.onprogress = (e) => onprogress(e.loaded);
      if (signal?.aborted) return stop();
      x.send(body);
    });
  }
}

function read(x) {
  const offset = x.getResponseHeader("Upload-Offset");
  return {
    status: x.status, text: x.responseText, offset: offset === null ? undefined : Number(offset),
    location: x.getResponseHeader("Location") ?? "", after: Number(x.getResponseHeader("Retry-After") ?? 0),
  };
}

// refusal reads both shapes of errors: Igloo's envelope and problem+json.
function refusal(answer) {
  let reason = "", message = `the server answered ${answer.status}`;
  try {
    const text = JSON.parse(answer.text), e = text.exception;
    message = e?.message ?? text.detail ?? text.title ?? message;
    const tokens = (e?.errorList ?? []).flatMap((one) => one.dataTokens ?? []);
    reason = tokens.find((t) => t.name === "Reason")?.value ?? text.reason ?? text.kind ?? "";
    if (e?.errorList?.[0]?.message) message = e.errorList[0].message;
  } catch { /* not ours, a proxy's page perhaps */ }
  const err = new Refused(answer.status, reason, message);
  err.after = answer.after;
  return err;
}

// passes says whether trying again may help.
function passes(err) {
  return err instanceof Refused ? err.status === 429 || err.status >= 500 && err.status !== 507 : err instanceof TypeError;
}

// kind is a file's media type. Few browsers know HEIC, of which the server says what to send instead.
function kind(file) {
  return file.type || (/\.hei[cf]$/i.test(file.name) ? "image/heic" : "application/octet-stream");
}

// over says whether the upload itself has ended or is unknown; any other refusal is one of a single request.
function over(err) {
  return err instanceof Refused && [404, 410, 415, 422].includes(err.status);
}

function wait(err, failures) {
  const own = Math.min(patience.first * 2 ** (failures - 1), patience.most);
  return Math.max((err.after ?? 0) * 1000, own * (0.75 + Math.random() / 2));
}

// next makes pieces so large that each takes about pieces.seconds.
function next(size, took) {
  const wanted = Math.min(Math.max(pieces.seconds / Math.max(took, 0.01), 0.5), 2);
  return Math.round(Math.min(Math.max(size * wanted, pieces.least), pieces.most));
}

// pause ends early when the network is back.
function pause(ms, onwait = () => {}, signal = undefined) {
  onwait(ms);
  return new Promise((resolve, reject) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      signal?.removeEventListener("abort", done);
      if (signal?.aborted) reject(signal.reason); else resolve();
    };
    const timer = setTimeout(done, ms);
    addEventListener("online", done);
    signal?.addEventListener("abort", done);
  });
}

function recall() {
  try {
    return JSON.parse(localStorage.getItem(remembered) ?? "{}");
  } catch {
    return {}; // no storage here, or spoiled
  }
}

function keep(all) {
  try {
    localStorage.setItem(remembered, JSON.stringify(all));
  } catch { /* private window: then a closed page begins anew */ }
}

function remember(mark, key) {
  const all = Object.entries(recall()).slice(-19); // the latest twenty
  keep(Object.fromEntries([...all, [mark, key]]));
}

function forget(mark) {
  const { [mark]: _, ...rest } = recall();
  keep(rest);
}
