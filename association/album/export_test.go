package album

// Statements are all that look for rows, for the test that asks how they are found.
func Statements() map[string]string {
	return map[string]string{
		"find": find, "made": made, "shown": shown, "supersede": supersede, "claimFresh": claimFresh,
		"claimAgain": claimAgain, "nextFresh": nextFresh, "nextAgain": nextAgain, "settle": settle,
		"renditions": selectRenditions, "removePerson": removePerson, "removeUpload": removeUpload,
		"replace": replace, "attach": attach,
		"deleteRenditions": deleteRenditions, "over": over, "deletePhoto": deletePhoto,
	}
}
