package rate

// Limits are those of a service. The zero Limits allow everything.
type Limits struct {
	Address *Limiter // requests of an address
	Person  *Limiter // requests of a person
	Misses  *Limiter // wrong guesses, of a person or of an address
}

// The names by which clients and other nodes know the limits.
const (
	ByAddress = "address"
	ByPerson  = "person"
	ByMisses  = "misses"
)
