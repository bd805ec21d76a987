// Package ops serves whoever operates an instance: is it alive, is it ready, what has it done. Nothing here
// tells a stranger more than yes or no; metrics and profiles have a listener of their own.
package ops
