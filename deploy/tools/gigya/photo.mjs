// Lets the npm package gigya set photos: node photo.mjs SITE, where SITE is JSON with apiKey and secret, the userKey and
// userSecret of one key, the rsaKey and privateKey of another, a photo in base64, and authority, the path of a
// certificate in PEM. It says on stdout "done THUMBNAILURL".
import fs from "node:fs";
import gigya from "gigya";

const site = JSON.parse(process.argv[2]);

// The package trusts the authorities of its own list only: to these comes that of the test.
const read = fs.readFileSync;
fs.readFileSync = (path, ...more) =>
  String(path).endsWith("cacert.pem") ? read(path, "utf8") + read(site.authority, "utf8") : read(path, ...more);

const Gigya = gigya.default;
const bySecret = new Gigya(site.apiKey, "us1", site.secret);
const bySignature = new Gigya(site.apiKey, "us1", site.userKey, site.userSecret);
const byKey = new Gigya(site.apiKey, "us1", { userKey: site.rsaKey, privateKey: site.privateKey });
const byNobody = new Gigya(site.apiKey, "us1");

function same(what, got, want) {
  if (got !== want) throw new Error(`${what}: got ${got}, want ${want}`);
}

async function refused(what, code, call) {
  const err = await call.then(() => ({ errorCode: 0 }), (e) => e);
  if (err.errorCode !== code) throw new Error(`${what}: got ${err.errorCode} ${err.stack}, want ${code}`);
}

const photo = { UID: "jane", photoBytes: site.photo };
await refused("publish nothing", 409010, bySecret.accounts.publishProfilePhoto({ UID: "jane" }));
await bySecret.accounts.setProfilePhoto({ ...photo });
same("before publishing", (await bySecret.accounts.getAccountInfo({ UID: "jane" })).profile.photoURL, undefined);
await bySecret.accounts.publishProfilePhoto({ UID: "jane", thumbnail: "100,80" });
await bySignature.accounts.setProfilePhoto({ ...photo, UID: "john ü*'()", publish: true });
await byKey.accounts.setProfilePhoto({ ...photo, UID: "zoe", publish: true });
await refused("no picture", 400006, bySignature.accounts.setProfilePhoto({ UID: "jane", photoBytes: "aGVsbG8=" }));

await bySignature.socialize.setUserInfo({ UID: "jane", userInfo: { firstName: "Jäne", age: 30 } });
const user = await byKey.socialize.getUserInfo({ UID: "jane" });
same("firstName", user.firstName, "Jäne");
same("age", user.age, 30);
const signed = bySecret.sigUtils.validateUserSignature(user.UID, user.signatureTimestamp, user.UIDSignature, site.secret);
same("the signature of the UID", signed, true);

const { regToken } = await byNobody.accounts.initRegistration();
await byNobody.accounts.setProfilePhoto({ regToken, photoBytes: site.photo });
await byNobody.accounts.publishProfilePhoto({ regToken });
await refused("jane, by nobody", 403005, byNobody.accounts.getAccountInfo({ UID: "jane" }));
const wrong = new Gigya(site.apiKey, "us1", site.userKey, site.secret);
await refused("a wrong secret", 403003, wrong.accounts.getAccountInfo({ UID: "jane" }));

const info = await bySecret.accounts.getAccountInfo({ UID: "jane" });
if (!info.profile.photoURL) throw new Error("there is no photo: " + JSON.stringify(info));
console.log("done " + info.profile.thumbnailURL);
