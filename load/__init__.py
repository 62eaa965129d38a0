"""Load from outside: a generated clinic day replayed through real sockets. Nothing of the product imports this."""
