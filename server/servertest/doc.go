// Package servertest runs a whole instance in a test, on a free port and a data directory of its own: Start
// in the test's process, with a clock that can be moved, and Process as the real program, which can be
// killed. A Story tells what people do with it, and holds every request and answer against the description of
// the interface.
package servertest
