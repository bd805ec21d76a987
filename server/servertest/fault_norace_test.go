//go:build !race

package servertest_test

// slack multiplies every ceiling.
const slack = 1
