package servertest_test

import (
	"net/http"

	"cameo/association"
	"cameo/server/servertest"
)

// right is what a route lets people do, and with whose thing. In query, header and body stand {key}, {person} and
// {version} for those of the thing, and {self} for who asks.
type right struct {
	do      association.Action
	on      thingKind
	query   string
	header  http.Header
	body    string
	path    map[string]string // parameters that are not the thing's, such as objectId: "{self}"
	shown   bool              // the upload is its owner's photo
	fails   int               // the answer to who may; below 400 if 0
	by      map[string]int    // fails, by what is shown: nothing, a token, a session
	hidden  bool              // what is not there is 404 to those who may not, too
	missing int               // the answer to who may, when the thing is not there; 404 if 0
}

// thingKind is what a route's path names.
type thingKind int

const (
	ofNobody thingKind = iota // nobody's in particular: it is the same for strangers
	ofSelf                    // theirs who ask, whatever community they are of
	ofCommunity
	ofUpload
	ofPerson
)

// asPart is a resumable upload of which nothing has come.
var asPart = http.Header{"Content-Type": {"image/png"}, "Upload-Complete": {"?0"}}

var asJSON = http.Header{"Content-Type": {"application/json"}}

// The routes under which the one and the other stand.
const (
	resumable    = "/v1/communities/{communityKey}/uploads"
	resumableOne = resumable + "/{attachmentKey}"
	igloo        = "/.api2/api/v1/communities/{communityKey}/attachments"
	iglooOne     = igloo + "/{attachmentKey}"
	iglooPut     = igloo + "/uploads/{attachmentKey}"
	stored       = "/.api2/binaries/{attachmentKey}"
	v1           = "/v1/communities/{communityKey}"
	userPhoto    = v1 + "/users/{objectId}/photo"
	tusAll       = v1 + "/tus/"
	tusOne       = tusAll + "{uploadKey}"
)

// zoe is somebody of community 1 to whom things happen.
var zoe = map[string]string{"objectId": string(servertest.Person("zoe")), "system": "gigya", "name": "zoe"}

// The routes of Salesforce Connect.
const (
	sfData    = "/services/data/{apiVersion}"
	sfPhoto   = sfData + "/connect/user-profiles/{userId}/photo"
	sfThere   = sfData + "/connect/communities/{communityId}/user-profiles/{userId}/photo"
	sfRoom    = sfData + "/connect/communities/{communityId}"
	sfOlder   = sfData + "/chatter/users/{userId}/photo"
	sfOlderIn = sfData + "/connect/communities/{communityId}/chatter/users/{userId}/photo"
	sfFile    = `{"fileId":"06900{ownkey}"}`
	sfBody    = "--x\r\nContent-Disposition: form-data; name=\"fileData\"; filename=\"me.gif\"\r\n\r\nGIF89a\r\n--x--\r\n"
)

var sfParts = http.Header{"Content-Type": {"multipart/form-data; boundary=x"}}

// Their parameters: a person by GUID, zoe, and the photo of who has none.
var (
	sfPath = map[string]string{"apiVersion": "v58.0", "communityId": "{communityKey}", "userId": "{objectId}"}
	sfJane = map[string]string{"apiVersion": "v58.0", "communityId": "{communityKey}", "userId": zoe["objectId"]}
	sfSelf = map[string]string{"apiVersion": "v58.0", "communityId": "{communityKey}", "userId": "me"}
	sfKey  = map[string]string{"apiVersion": "v58.0", "communityId": "{communityKey}", "fileId": "06900{attachmentKey}"}
	sfNone = map[string]string{"version": "005", "size": "F"}
)

// rights says of each route who may ask there, by the policy of package association. A route that is not here
// fails the test, and so does a line without a route.
var rights = map[string][]right{
	"POST " + igloo: {{
		do: association.EnterCommunity, on: ofCommunity, header: asJSON,
		body: `{"Name":"me.png","ContentType":"image/png","ContentLength":1000}`,
	}},
	"PATCH " + iglooPut:  {{do: association.UseUpload, on: ofUpload, header: http.Header{"Content-Range": {"bytes */*"}}}},
	"HEAD " + iglooPut:   {{do: association.UseUpload, on: ofUpload}},
	"GET " + iglooPut:    {{do: association.UseUpload, on: ofUpload}},
	"DELETE " + iglooPut: {{do: association.UseUpload, on: ofUpload}},
	"HEAD " + iglooOne:   {{do: association.UseUpload, on: ofUpload}},
	"GET " + iglooOne:    {{do: association.UseUpload, on: ofUpload}},
	"DELETE " + iglooOne: {{do: association.UseUpload, on: ofUpload}},
	"POST " + iglooOne + "/association/{objectId}": {
		{do: association.UseUpload, on: ofUpload, query: "?type=ProfilePhoto", path: map[string]string{"objectId": "{self}"}},
		{ // an open directory adds whom an administrator names
			do: association.ChangePhoto, on: ofPerson, query: "?type=ProfilePhoto", missing: http.StatusOK,
			path: map[string]string{"attachmentKey": "{ownkey}"},
		},
	},

	"GET " + stored + "/download/{name}":    {{do: association.UseUpload, on: ofUpload}},
	"HEAD " + stored + "/download/{name}":   {{do: association.UseUpload, on: ofUpload}},
	"GET " + stored + "/thumbnails/{name}":  {{do: association.UseUpload, on: ofUpload, shown: true}},
	"HEAD " + stored + "/thumbnails/{name}": {{do: association.UseUpload, on: ofUpload, shown: true}},

	"OPTIONS " + tusAll: {{on: ofNobody}},
	"POST " + tusAll: {{
		do: association.EnterCommunity, on: ofCommunity, header: tusHead("Upload-Length: 1000", tusPNG),
	}},
	"OPTIONS " + tusOne: {{on: ofNobody}},
	"HEAD " + tusOne:    {{do: association.UseUpload, on: ofUpload}},
	"PATCH " + tusOne:   {{do: association.UseUpload, on: ofUpload, header: tusHead("Upload-Offset: 1000")}},
	"POST " + tusOne: {
		{do: association.UseUpload, on: ofUpload, header: tusHead("X-HTTP-Method-Override: DELETE")},
		{do: association.UseUpload, on: ofUpload, header: tusHead("X-HTTP-Method-Override: HEAD")},
	},
	"DELETE " + tusOne: {{do: association.UseUpload, on: ofUpload, header: tusHead()}},
	"GET " + tusOne:    {{do: association.UseUpload, on: ofUpload}},

	"OPTIONS " + resumable:    {{on: ofNobody}},
	"OPTIONS " + resumableOne: {{on: ofNobody}},
	"POST " + resumable: {
		{do: association.EnterCommunity, on: ofCommunity, header: asPart},
		{ // an open directory adds whom an administrator names
			do: association.ChangePhoto, on: ofPerson, query: "?type=ProfilePhoto&objectId={objectId}", header: asPart,
			missing: http.StatusOK,
		},
	},
	"HEAD " + resumableOne:   {{do: association.UseUpload, on: ofUpload}},
	"GET " + resumableOne:    {{do: association.UseUpload, on: ofUpload}},
	"DELETE " + resumableOne: {{do: association.UseUpload, on: ofUpload}},
	"PATCH " + resumableOne: {{do: association.UseUpload, on: ofUpload, header: http.Header{
		"Content-Type": {"application/partial-upload"}, "Upload-Complete": {"?1"}, "Upload-Offset": {"1000"},
	}}},

	"GET " + userPhoto:                        {{on: ofNobody}},
	"HEAD " + userPhoto:                       {{on: ofNobody}},
	"DELETE " + userPhoto:                     {{do: association.ChangePhoto, on: ofPerson}},
	"PUT " + userPhoto + "/crop":              {{do: association.ChangePhoto, on: ofPerson, header: asJSON, body: `{}`}},
	"GET " + v1 + "/photos/{version}/{size}":  {{on: ofNobody}},
	"HEAD " + v1 + "/photos/{version}/{size}": {{on: ofNobody}},

	"GET " + v1 + "/users/{objectId}/photos":   {{do: association.ReadPerson, on: ofPerson}},
	"POST " + v1 + "/photos/{version}/restore": {{do: association.ChangePhoto, on: ofPerson, hidden: true}},
	"POST " + v1 + "/photos/{version}/recrop": {{
		do: association.ChangePhoto, on: ofPerson, hidden: true, header: asJSON, body: `{"x":0,"y":0,"size":1}`,
	}},

	"GET " + v1 + "/users":            {{do: association.ManagePeople, on: ofCommunity, hidden: true}},
	"GET " + v1 + "/users/{objectId}": {{do: association.ReadPerson, on: ofPerson}},
	"PUT " + v1 + "/users/{objectId}": {{ // an administrator adds people
		do: association.ManagePeople, on: ofPerson, header: asJSON, body: `{"name":"x"}`, missing: http.StatusOK,
	}},
	"PUT " + v1 + "/users/{objectId}/identities/{system}/{name}":    {{do: association.ManagePeople, on: ofCommunity, hidden: true, path: zoe}},
	"DELETE " + v1 + "/users/{objectId}/identities/{system}/{name}": {{do: association.ManagePeople, on: ofCommunity, hidden: true, path: zoe}},
	"POST " + v1 + "/users/{objectId}/merge": {{ // into herself
		do: association.ManagePeople, on: ofCommunity, hidden: true, path: zoe, header: asJSON, body: `{"into":"` + zoe["objectId"] + `"}`,
		fails: http.StatusConflict,
	}},
	"POST " + v1 + "/users/{objectId}/disable": {{do: association.ManagePeople, on: ofCommunity, hidden: true, path: zoe}},
	"POST " + v1 + "/users/{objectId}/enable":  {{do: association.ManagePeople, on: ofCommunity, hidden: true, path: zoe}},
	"GET " + v1 + "/uploads": {
		{do: association.EnterCommunity, on: ofCommunity, hidden: true},
		{do: association.ReadPerson, on: ofPerson, query: "?owner={objectId}"},
	},
	"GET " + v1 + "/audit": {{do: association.ReadAudit, on: ofCommunity, hidden: true}},

	"POST /.api/api.svc/session/create": {{on: ofNobody}}, // says in the body that nobody signs in so
	"POST /v1/session":                  {{do: association.EnterCommunity, on: ofSelf, by: map[string]int{"session": http.StatusConflict}}},
	"GET /v1/session":                   {{do: association.EnterCommunity, on: ofSelf}},
	"DELETE /v1/session":                {{on: ofNobody, by: map[string]int{"nothing": http.StatusUnauthorized, "token": http.StatusNotFound}}},
	"GET /v1/sessions":                  {{do: association.EnterCommunity, on: ofSelf}},
	"DELETE /v1/sessions":               {{do: association.EnterCommunity, on: ofSelf}},
	"DELETE /v1/sessions/{sessionId}":   {{do: association.EnterCommunity, on: ofSelf, fails: http.StatusNotFound}},

	"GET /signin":          {{on: ofNobody}},
	"POST /signin":         {{on: ofNobody, fails: http.StatusUnauthorized}},
	"GET /signin/start":    {{on: ofNobody, fails: http.StatusNotFound}}, // there is no issuer
	"GET /signin/callback": {{on: ofNobody, fails: http.StatusNotFound}},
	"GET /signin/link":     {{on: ofNobody}},
	"POST /signin/link":    {{on: ofNobody, fails: http.StatusGone}},
	"POST /signout":        {{on: ofNobody}},

	"GET " + sfPhoto:    {{do: association.EnterCommunity, on: ofPerson, path: sfPath}},
	"HEAD " + sfPhoto:   {{do: association.EnterCommunity, on: ofPerson, path: sfPath}},
	"POST " + sfPhoto:   {{do: association.ChangePhoto, on: ofPerson, hidden: true, path: sfPath, header: asJSON, body: sfFile, missing: http.StatusOK}},
	"DELETE " + sfPhoto: {{do: association.ChangePhoto, on: ofPerson, hidden: true, path: sfPath}},
	"GET " + sfThere:    {{do: association.EnterCommunity, on: ofCommunity, path: sfJane}},
	"HEAD " + sfThere:   {{do: association.EnterCommunity, on: ofCommunity, path: sfJane}},
	"POST " + sfThere:   {{do: association.ChangePhoto, on: ofPerson, hidden: true, path: sfPath, header: asJSON, body: sfFile, missing: http.StatusOK}},
	"DELETE " + sfThere: {{do: association.ChangePhoto, on: ofPerson, hidden: true, path: sfPath}},
	"GET " + sfOlder:    {{do: association.EnterCommunity, on: ofPerson, path: sfPath}},
	"HEAD " + sfOlder:   {{do: association.EnterCommunity, on: ofPerson, path: sfPath}},
	"POST " + sfOlder:   {{do: association.ChangePhoto, on: ofPerson, hidden: true, path: sfPath, header: asJSON, body: sfFile, missing: http.StatusOK}},
	"GET " + sfOlderIn:  {{do: association.EnterCommunity, on: ofCommunity, path: sfJane}},
	"HEAD " + sfOlderIn: {{do: association.EnterCommunity, on: ofCommunity, path: sfJane}},
	"POST " + sfOlderIn: {{do: association.ChangePhoto, on: ofPerson, hidden: true, path: sfPath, header: asJSON, body: sfFile, missing: http.StatusOK}},

	"POST " + sfData + "/connect/files/users/{userId}":  {{do: association.EnterCommunity, on: ofSelf, path: sfSelf, header: sfParts, body: sfBody}},
	"POST " + sfData + "/chatter/users/{userId}/files":  {{do: association.EnterCommunity, on: ofSelf, path: sfSelf, header: sfParts, body: sfBody}},
	"POST " + sfRoom + "/files/users/{userId}":          {{do: association.EnterCommunity, on: ofCommunity, path: sfSelf, header: sfParts, body: sfBody}},
	"GET " + sfData + "/connect/files/{fileId}":         {{do: association.UseUpload, on: ofUpload, path: sfKey}},
	"POST " + sfData + "/connect/files/{fileId}":        {{do: association.UseUpload, on: ofUpload, path: sfKey, header: sfParts, body: sfBody}},
	"DELETE " + sfData + "/connect/files/{fileId}":      {{do: association.UseUpload, on: ofUpload, path: sfKey}},
	"GET " + sfData + "/connect/files/{fileId}/content": {{do: association.UseUpload, on: ofUpload, path: sfKey}},
	"GET " + sfRoom + "/files/{fileId}":                 {{do: association.UseUpload, on: ofUpload, path: sfKey}},
	"POST " + sfRoom + "/files/{fileId}":                {{do: association.UseUpload, on: ofUpload, path: sfKey, header: sfParts, body: sfBody}},
	"DELETE " + sfRoom + "/files/{fileId}":              {{do: association.UseUpload, on: ofUpload, path: sfKey}},
	"GET " + sfRoom + "/files/{fileId}/content":         {{do: association.UseUpload, on: ofUpload, path: sfKey}},
	"GET " + sfData + "/chatter/files/{fileId}":         {{do: association.UseUpload, on: ofUpload, path: sfKey}},
	"POST " + sfData + "/chatter/files/{fileId}":        {{do: association.UseUpload, on: ofUpload, path: sfKey, header: sfParts, body: sfBody}},
	"DELETE " + sfData + "/chatter/files/{fileId}":      {{do: association.UseUpload, on: ofUpload, path: sfKey}},
	"GET " + sfData + "/chatter/files/{fileId}/content": {{do: association.UseUpload, on: ofUpload, path: sfKey}},

	"GET /services/data":                  {{on: ofNobody}},
	"GET /services/data/":                 {{on: ofNobody}},
	"POST /services/oauth2/token":         {{on: ofNobody, fails: http.StatusBadRequest}}, // no grant is asked for
	"GET /services/oauth2/userinfo":       {{do: association.EnterCommunity, on: ofSelf}},
	"GET /profilephoto/{version}/{size}":  {{on: ofNobody, path: sfNone}},
	"HEAD /profilephoto/{version}/{size}": {{on: ofNobody, path: sfNone}},
	"GET /ncsphoto/{token}":               {{on: ofNobody, fails: http.StatusNotFound}}, // the token is none
	"HEAD /ncsphoto/{token}":              {{on: ofNobody, fails: http.StatusNotFound}},
	"GET /img/userprofile/{name}":         {{on: ofNobody, path: map[string]string{"name": "default_profile_45_v2.png"}}},
	"HEAD /img/userprofile/{name}":        {{on: ofNobody, path: map[string]string{"name": "default_profile_45_v2.png"}}},

	// Gigya's methods know other credentials, and refuse with the status 200: see TestRights in package gigya.
	"GET /accounts.setProfilePhoto": {{on: ofNobody}}, "POST /accounts.setProfilePhoto": {{on: ofNobody}},
	"GET /accounts.importProfilePhoto": {{on: ofNobody}}, "POST /accounts.importProfilePhoto": {{on: ofNobody}},
	"GET /accounts.uploadProfilePhoto": {{on: ofNobody}}, "POST /accounts.uploadProfilePhoto": {{on: ofNobody}},
	"GET /accounts.publishProfilePhoto": {{on: ofNobody}}, "POST /accounts.publishProfilePhoto": {{on: ofNobody}},
	"GET /accounts.removeProfilePhoto": {{on: ofNobody}}, "POST /accounts.removeProfilePhoto": {{on: ofNobody}},
	"GET /accounts.getProfilePhoto": {{on: ofNobody}}, "POST /accounts.getProfilePhoto": {{on: ofNobody}},
	"GET /accounts.getAccountInfo": {{on: ofNobody}}, "POST /accounts.getAccountInfo": {{on: ofNobody}},
	"GET /accounts.getPolicies": {{on: ofNobody}}, "POST /accounts.getPolicies": {{on: ofNobody}},
	"GET /accounts.setPolicies": {{on: ofNobody}}, "POST /accounts.setPolicies": {{on: ofNobody}},
	"GET /accounts.initRegistration": {{on: ofNobody}}, "POST /accounts.initRegistration": {{on: ofNobody}},
	"GET /accounts.register": {{on: ofNobody}}, "POST /accounts.register": {{on: ofNobody}},
	"GET /accounts.finalizeRegistration": {{on: ofNobody}}, "POST /accounts.finalizeRegistration": {{on: ofNobody}},
	"GET /accounts.login": {{on: ofNobody}}, "POST /accounts.login": {{on: ofNobody}},
	"GET /accounts.notifyLogin": {{on: ofNobody}}, "POST /accounts.notifyLogin": {{on: ofNobody}},
	"GET /socialize.setUserInfo": {{on: ofNobody}}, "POST /socialize.setUserInfo": {{on: ofNobody}},
	"GET /socialize.getUserInfo": {{on: ofNobody}}, "POST /socialize.getUserInfo": {{on: ofNobody}},
	"GET /socialize.getToken": {{on: ofNobody}}, "POST /socialize.getToken": {{on: ofNobody}},
	"GET /socialize.getSavedResponse": {{on: ofNobody}}, "POST /socialize.getSavedResponse": {{on: ofNobody}},

	"GET /": {{on: ofNobody}}, "HEAD /": {{on: ofNobody}},
	"GET /docs": {{on: ofNobody}}, "HEAD /docs": {{on: ofNobody}},
	"GET /js/{script}": {{on: ofNobody}}, "HEAD /js/{script}": {{on: ofNobody}},
	"GET /favicon.ico": {{on: ofNobody}}, "HEAD /favicon.ico": {{on: ofNobody}},
	"GET /openapi.yaml": {{on: ofNobody}}, "HEAD /openapi.yaml": {{on: ofNobody}},
	"GET /healthz": {{on: ofNobody}}, "HEAD /healthz": {{on: ofNobody}},
	"GET /readyz": {{on: ofNobody}}, "HEAD /readyz": {{on: ofNobody}},
}
