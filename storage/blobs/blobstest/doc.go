// Package blobstest is the contract of storage.Blobs as tests. Run holds a store to every clause of the
// port's comments, Benchmark measures it, and Failing makes any store fail or stall where a test wants it.
package blobstest
