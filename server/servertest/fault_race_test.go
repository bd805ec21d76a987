//go:build race

package servertest_test

// slack multiplies ceilings: the race detector makes the test's own side slow, and other tests run beside.
const slack = 3
