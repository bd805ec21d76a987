// Lets jsforce sign in and set a photo: node photo.mjs URL TOKEN FILEID. It says on stdout "done VERSION".
import jsforce from "jsforce";

const [url, token, fileId] = process.argv.slice(2);
const conn = new jsforce.Connection({ oauth2: { loginUrl: url }, version: "58.0" });
const user = await conn.authorize({
  grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
  assertion: token,
});
const me = await conn.request("/services/oauth2/userinfo");
if (me.user_id !== user.id) throw new Error(`signed in as ${user.id}, and known as ${me.user_id}`);

const photo = `/services/data/v58.0/connect/user-profiles/${user.id}/photo`;
const set = await conn.requestPost(photo, { fileId, cropX: "0", cropY: 0, cropSize: "50" });
const got = await conn.request(photo);
if (got.photoVersionId !== set.photoVersionId) throw new Error(`set ${set.photoVersionId}, got ${got.photoVersionId}`);

const older = await conn.chatter.resource("/users/me/photo").retrieve();
if (older.photoVersionId !== set.photoVersionId) throw new Error(`chatter knows ${older.photoVersionId}`);

try {
  await conn.requestPost(photo, { fileId, cropX: 0 });
  throw new Error("a part of a crop was taken");
} catch (e) {
  if (e.errorCode !== "MISSING_ARGUMENT") throw e;
}
await conn.requestDelete(photo);
if ((await conn.request(photo)).photoVersionId !== null) throw new Error("there still is a photo");
console.log("done " + set.photoVersionId);
