// Package lint holds the promises that the code makes about itself as a whole:
// which package imports which, how large files are, where the time comes from.
// It is all tests. Each rule carries the sentence that a newcomer reads when
// it fails; where a rule is wrong, change it here, with its reason.
package lint
