// Package bindings proves that the official Go client of Cloudsmith,
// github.com/cloudsmith-io/cloudsmith-api-go at v0.0.54, works against the
// local Cloudsmith unmodified. It holds tests only and is a module of its own,
// so that nobody who builds the product compiles the client, which takes a
// minute.
//
// Three things are checked of every answer:
//
//   - the client decodes it, without an error;
//   - the values are the right ones, by the tests;
//   - it is what the OpenAPI document inside the client's module says: every
//     documented field is there, of the documented type, enumeration and
//     length, see spec_test.go.
//
// In the end every method that the client offers for files, packages,
// repositories, entitlements, quota and the other groups that scope_test.go
// lists must have been called and have succeeded at least once.
package bindings
