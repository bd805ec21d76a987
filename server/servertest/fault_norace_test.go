//go:build !race

package servertest_test

// slack multiplies ceilings.
const slack = 1
