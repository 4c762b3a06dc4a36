// Package oracle holds the stand-in to what Stripe publishes of its own API:
// the OpenAPI file inside the module stripe-mock. It is a module of its own,
// so that nothing of it enters the app's module graph, and it knows the
// stand-in only by what the stand-in's tests were served. Run it with
// -count=1: go cannot see that it reads the package beside it.
package oracle
