// Package boot makes a node of the rooms of the house: it reads the configuration, opens database, store and
// keys, hands the clock and randomness on, listens, runs what runs in the background, and stops it all in
// order. It is the only place where implementations are chosen, the environment is read, and the machine's
// clock is looked at.
package boot
